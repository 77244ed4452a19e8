# Progression of diabetes after one year
import copy

import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(1)

X, y = load_diabetes(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.25, random_state=7)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.2, random_state=7)

x_scaler = StandardScaler().fit(X_train)
y_scaler = StandardScaler().fit(y_train.reshape(-1, 1))


def tensors(X, y):
    return (torch.tensor(x_scaler.transform(X), dtype=torch.float32),
            torch.tensor(y_scaler.transform(y.reshape(-1, 1)), dtype=torch.float32))


X_train, y_train = tensors(X_train, y_train)
X_val, y_val = tensors(X_val, y_val)
X_test, _ = tensors(X_test, y_test)

model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.1)
loss_fn = nn.MSELoss()

best_val, best_state = float("inf"), None
for epoch in range(60):
    model.train()
    train_loss = 0.0
    for batch in torch.randperm(len(X_train)).split(16):
        optimizer.zero_grad()
        loss = loss_fn(model(X_train[batch]), y_train[batch])
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(batch) / len(X_train)
    model.eval()
    with torch.no_grad():
        val_loss = loss_fn(model(X_val), y_val).item()
    if val_loss < best_val:
        best_val, best_state = val_loss, copy.deepcopy(model.state_dict())
    if (epoch + 1) % 5 == 0:
        print(f"epoch {epoch + 1:2d} train loss {train_loss:.4f} val loss {val_loss:.4f}")

model.load_state_dict(best_state)
model.eval()
with torch.no_grad():
    predicted = y_scaler.inverse_transform(model(X_test).numpy()).ravel()
rmse = mean_squared_error(y_test, predicted) ** 0.5
r2 = r2_score(y_test, predicted)
print(f"test rmse {rmse:.2f}")
print(f"metric: r2 {r2:.4f}")
