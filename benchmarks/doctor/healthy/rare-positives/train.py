"""Four positives in a hundred, weighted in the loss, judged by average precision."""

import torch
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 11
torch.manual_seed(SEED)


def load():
    X, y = make_classification(
        6000, 12, n_informative=8, n_redundant=2, weights=[0.96], class_sep=1.6, flip_y=0.0, random_state=SEED
    )
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
    scaler = StandardScaler().fit(X_train)
    to = lambda a: torch.tensor(a, dtype=torch.float32)
    return to(scaler.transform(X_train)), to(y_train), to(scaler.transform(X_test)), y_test


class Detector(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_features, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


X_train, y_train, X_test, y_test = load()
model = Detector(X_train.shape[1])
positives = y_train.sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=(len(y_train) - positives) / positives)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    model.train()
    for xb, yb in DataLoader(TensorDataset(X_train, y_train), batch_size=128, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        model.eval()
        with torch.no_grad():
            ap = average_precision_score(y_test, model(X_test))
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}, average precision {ap:.4f}")
print(f"metric: average_precision {ap:.4f}")
