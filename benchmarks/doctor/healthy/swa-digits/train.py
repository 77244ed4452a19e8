"""Stochastic weight averaging over the last epochs."""

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X / 16.0, y, test_size=0.25, random_state=3, stratify=y)
X_tr, X_te = torch.tensor(X_tr).float(), torch.tensor(X_te).float()
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)

model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
averaged = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
swa = SWALR(optimizer, swa_lr=0.02, anneal_epochs=2)
loader = DataLoader(TensorDataset(X_tr, y_tr), batch_size=64, shuffle=True)

for epoch in range(28):
    model.train()
    for xb, yb in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch >= 18:
        averaged.update_parameters(model)
        swa.step()
    else:
        cosine.step()
    if epoch % 7 == 0:
        print(epoch, f"{loss.item():.4f}")

update_bn(loader, averaged)
averaged.eval()
with torch.no_grad():
    accuracy = (averaged(X_te).argmax(1) == y_te).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
