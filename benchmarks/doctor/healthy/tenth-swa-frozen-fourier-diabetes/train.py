"""Random Fourier features (frozen) + a trained linear readout, SGD with weight averaging, on diabetes.

The data are few and noisy: an R^2 near 0.45-0.5 is what good regressors reach.
"""
import math

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)

X, y = load_diabetes(return_X_y=True)
x_tr, x_te, y_tr, y_te = train_test_split(X, y, test_size=0.25, random_state=1)
xs, ys = StandardScaler().fit(x_tr), StandardScaler().fit(y_tr[:, None])
x_tr, x_te = xs.transform(x_tr), xs.transform(x_te)
as_tensor = lambda a: torch.tensor(a, dtype=torch.float32)


class FourierFeatures(nn.Module):
    """cos(xW + b), drawn once; approximates an RBF kernel. Never trained."""

    def __init__(self, d_in, n, length_scale):
        super().__init__()
        self.register_buffer("w", torch.randn(d_in, n) / length_scale)
        self.register_buffer("b", 2 * math.pi * torch.rand(n))
        self.scale = math.sqrt(2.0 / n)

    def forward(self, x):
        return self.scale * torch.cos(x @ self.w + self.b)


class Readout(nn.Module):
    def __init__(self, d_in=10, n=300):
        super().__init__()
        self.features = FourierFeatures(d_in, n, length_scale=7.0)
        self.linear = nn.Linear(n + d_in, 1)

    def forward(self, x):
        return self.linear(torch.cat([x, self.features(x)], dim=1)).squeeze(1)


def hook_factory(store):
    def hook(module, args, output):
        store.append(output.detach().abs().mean().item())
    return hook


model = Readout()
seen_activity = []
handle = model.features.register_forward_hook(hook_factory(seen_activity))

loader = DataLoader(TensorDataset(as_tensor(x_tr), as_tensor(ys.transform(y_tr[:, None]).ravel())),
                    batch_size=32, shuffle=True)
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=3e-3)
averaged = AveragedModel(model)
EPOCHS, SWA_START = 80, 50
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, SWA_START, eta_min=5e-3)
swa_lr = SWALR(opt, swa_lr=5e-3, anneal_epochs=1)

for epoch in range(EPOCHS):
    model.train()
    total = 0.0
    for x, t in loader:
        loss = nn.functional.mse_loss(model(x), t)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(x)
    if epoch >= SWA_START:
        averaged.update_parameters(model)
        swa_lr.step()
    else:
        cosine.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch} mse {total / len(x_tr):.4f}")
handle.remove()
print(f"mean |feature| {np.mean(seen_activity):.4f}")

# no batch norm in the model, hence no statistics to refresh after averaging
averaged.eval()
with torch.no_grad():
    pred = ys.inverse_transform(averaged(as_tensor(x_te)).numpy()[:, None]).ravel()
ridge = RidgeCV(np.logspace(-2, 3, 20)).fit(x_tr, y_tr)
print(f"ridge reference r2 {ridge.score(x_te, y_te):.4f}")
print(f"metric: test_r2 {r2_score(y_te, pred):.4f}")
