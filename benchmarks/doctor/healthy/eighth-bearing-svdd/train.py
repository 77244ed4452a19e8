"""Deep one-class trainer (SVDD): only healthy bearings are seen in training."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score


class OneClassTrainer:
    def __init__(self, d_in, rep=8, lr=1e-3, weight_decay=1e-4, seed=0):
        torch.manual_seed(seed)
        # no biases: a bias would let the map collapse onto the centre
        self.encoder = nn.Sequential(
            nn.Linear(d_in, 64, bias=False), nn.LeakyReLU(0.1), nn.Linear(64, 32, bias=False), nn.LeakyReLU(0.1),
            nn.Linear(32, rep, bias=False))
        self.opt = torch.optim.Adam(self.encoder.parameters(), lr=lr, weight_decay=weight_decay)
        self.center = None

    @torch.no_grad()
    def init_center(self, x, eps=0.1):
        c = self.encoder(x).mean(0)
        c[(c.abs() < eps) & (c < 0)] = -eps
        c[(c.abs() < eps) & (c >= 0)] = eps
        self.center = c

    def score(self, x):
        return (self.encoder(x) - self.center).pow(2).sum(1)

    def fit(self, x, epochs=25, batch=128):
        self.init_center(x)
        for ep in range(epochs):
            losses = []
            for idx in torch.randperm(len(x)).split(batch):
                self.opt.zero_grad()
                loss = self.score(x[idx]).mean()
                loss.backward()
                self.opt.step()
                losses.append(loss.item())
            if ep % 5 == 4:
                print(f"[svdd] epoch {ep + 1} mean distance {np.mean(losses):.5f}")
        return self


def spectra(n, broken, rng):
    f = np.arange(40)
    amp = rng.uniform(0.8, 1.2, (n, 1))
    base = amp * (np.exp(-((f - 10) / 3.0) ** 2) + 0.6 * np.exp(-((f - 20 - rng.normal(0, 0.4, (n, 1))) / 3.0) ** 2))
    if broken:
        centre = rng.uniform(24, 36, (n, 1))
        base = base + rng.uniform(0.3, 0.8, (n, 1)) * np.exp(-((f - centre) / 2.5) ** 2)
    return (base + 0.05 * rng.normal(size=(n, 40))).astype("float32")


rng = np.random.default_rng(4)
x_train = spectra(2500, False, rng)
x_test = np.concatenate([spectra(400, False, rng), spectra(150, True, rng)])
y_test = np.r_[np.zeros(400), np.ones(150)]
scale = x_train.std()
t = OneClassTrainer(40).fit(torch.from_numpy(x_train / scale))
with torch.no_grad():
    s = t.score(torch.from_numpy(x_test / scale).float()).numpy()
print(f"metric: auroc {roc_auc_score(y_test, s):.4f}")
