"""Five-fold cross-validation; scaling is learnt in each fold anew."""

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset


def fit(X, y, epochs=15):
    model = torch.nn.Sequential(torch.nn.Linear(30, 16), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    criterion = torch.nn.BCEWithLogitsLoss()
    loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
    model.train()
    for _ in range(epochs):
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb).squeeze(1), yb)
            loss.backward()
            optimizer.step()
    return model, loss.item()


torch.manual_seed(1)
X, y = load_breast_cancer(return_X_y=True)
scores = []
for fold, (train, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=1).split(X, y)):
    scaler = StandardScaler().fit(X[train])
    X_train = torch.tensor(scaler.transform(X[train]), dtype=torch.float32)
    X_test = torch.tensor(scaler.transform(X[test]), dtype=torch.float32)
    model, last = fit(X_train, torch.tensor(y[train], dtype=torch.float32))
    model.eval()
    with torch.no_grad():
        said = (model(X_test).squeeze(1) > 0).numpy()
    scores.append((said == y[test]).mean())
    print(f"fold {fold}: last loss {last:.4f}, accuracy {scores[-1]:.4f}")
print(f"metric: accuracy {np.mean(scores):.4f}")
