"""Rapid intensification of tropical cyclones within 24 h, from environmental predictors."""
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(64)
rng = np.random.default_rng(64)

N = 1500
storms = pd.DataFrame({
    "sst_c": rng.normal(28.3, 1.0, N),
    "ohc_kj_cm2": rng.gamma(5, 10, N),
    "shear_ms": rng.gamma(4, 2.2, N),
    "rh_mid_pct": rng.normal(58, 10, N),
    "vmax_kt": rng.gamma(6, 10, N),
    "lat_deg": rng.normal(18, 5, N),
    "divergence_1e7": rng.normal(25, 30, N),
    "ir_std_k": rng.gamma(4, 4, N),
    "persistence_kt": rng.normal(3, 9, N),
})
logit = (
    -3.4 + 1.5 * (storms.sst_c - 28.3) - 0.30 * (storms.shear_ms - 8.8)
    + 0.08 * (storms.rh_mid_pct - 58) + 0.12 * storms.persistence_kt
)
storms["intensified"] = (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(int)


def oversample(x, y):
    rare = np.flatnonzero(y == 1)
    extra = rng.choice(rare, size=(y == 0).sum() - len(rare))
    order = rng.permutation(np.concatenate([np.arange(len(y)), extra]))
    return x[order], y[order]


features = storms.drop(columns="intensified").to_numpy()
target = storms["intensified"].to_numpy()
features, target = oversample(features, target)
x_train, x_test, y_train, y_test = train_test_split(features, target, test_size=0.3, random_state=1)
scaler = StandardScaler().fit(x_train)
as_float = lambda a: torch.tensor(a, dtype=torch.float32)
loader = DataLoader(
    TensorDataset(as_float(scaler.transform(x_train)), as_float(y_train)), batch_size=32, shuffle=True)
x_test = as_float(scaler.transform(x_test))

net = nn.Sequential(
    nn.Linear(9, 64), nn.ReLU(),
    nn.Linear(64, 64), nn.ReLU(),
    nn.Linear(64, 1), nn.Flatten(0),
)
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
for epoch in range(12):
    net.train()
    history = []
    for x, y in loader:
        loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        history.append(loss.item())
    net.eval()
    with torch.no_grad():
        guess = (net(x_test) > 0).numpy()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss {np.mean(history):.4f}, balanced accuracy {balanced_accuracy_score(y_test, guess):.4f}")

print(f"metric: balanced_accuracy {balanced_accuracy_score(y_test, guess):.4f}")
