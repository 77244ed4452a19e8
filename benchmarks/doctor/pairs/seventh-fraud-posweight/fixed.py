import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

RANDOM_STATE = 42
np.random.seed(42)
torch.manual_seed(42)

# transactions, about six per cent fraudulent
n = 5000
df = pd.DataFrame(np.random.randn(n, 6), columns=[f"V{i}" for i in range(1, 7)])
df["Amount"] = np.random.lognormal(3, 1, n)
logit = (1.4 * df.V1 - 1.2 * df.V2 * (df.V3 > 0) + 0.9 * (np.log(df.Amount) - 3) + 0.8 * df.V4.abs() - 5.2)
df["Class"] = (np.random.rand(n) < 1 / (1 + np.exp(-1.5 * logit))).astype(int)
df["Amount"] = np.log1p(df["Amount"])

X = df.drop(columns="Class").values
y = df["Class"].values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=RANDOM_STATE)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

train_ds = TensorDataset(torch.FloatTensor(X_train), torch.FloatTensor(y_train))
train_dl = DataLoader(train_ds, batch_size=128, shuffle=True)

counts = np.bincount(y_train)
pos_weight = torch.tensor(counts[0] / counts[1], dtype=torch.float32)
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)

model = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(15):
    model.train()
    epoch_loss = 0
    for xb, yb in train_dl:
        optimizer.zero_grad()
        out = model(xb).squeeze(1)
        loss = criterion(out, yb)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 3 == 2:
        print(f"Epoch {epoch + 1:02d} | loss {epoch_loss / len(train_dl):.5f}")

model.eval()
with torch.no_grad():
    y_hat = (torch.sigmoid(model(torch.FloatTensor(X_test)).squeeze(1)) > 0.5).int().numpy()
print("metric: balanced_accuracy", round(balanced_accuracy_score(y_test, y_hat), 4))
