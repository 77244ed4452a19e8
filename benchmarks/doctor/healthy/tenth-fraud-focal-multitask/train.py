"""Shared trunk, two heads: rare-event detection (focal loss, ~5% positives) and amount regression.

The amount is only observed for the positives, so its loss is masked; the
best epoch by validation average precision is written to disk and reloaded.
"""
import os
import tempfile
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(9)
rng = np.random.default_rng(9)


def simulate(n):
    x = rng.normal(size=(n, 10))
    score = 2.2 * x[:, 0] - 1.8 * x[:, 1] + 1.6 * x[:, 2] * x[:, 3] - 5.3
    event = rng.random(n) < 1 / (1 + np.exp(-2.0 * score))
    amount = np.where(event, 3.0 + 0.8 * x[:, 4] + 0.5 * np.abs(x[:, 5]) + 0.2 * rng.normal(size=n), np.nan)
    f = lambda v: torch.tensor(v, dtype=torch.float32)
    return TensorDataset(f(x), f(event), f(amount))


train, val, test = simulate(9000), simulate(5000), simulate(5000)
observed = train.tensors[2][train.tensors[1] == 1]
amount_mean, amount_std = observed.mean(), observed.std()


@dataclass
class Output:
    logit: torch.Tensor
    amount: torch.Tensor


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.event = nn.Linear(64, 1)
        self.amount = nn.Linear(64, 1)
        nn.init.constant_(self.event.bias, -3.0)      # prior of a rare class, as in RetinaNet

    def forward(self, x):
        h = self.trunk(x)
        return Output(self.event(h).squeeze(1), self.amount(h).squeeze(1))


def focal(logit, target, gamma=1.5, alpha=0.5):
    ce = F.binary_cross_entropy_with_logits(logit, target, reduction="none")
    p_true = torch.exp(-ce)
    weight = alpha * target + (1 - alpha) * (1 - target)
    return (weight * (1 - p_true) ** gamma * ce).mean()


def masked_regression(pred, target, mask):
    if not mask.any():
        return pred.sum() * 0.0
    return F.smooth_l1_loss(pred[mask], (target[mask] - amount_mean) / amount_std)


@torch.no_grad()
def evaluate(model, ds):
    model.eval()
    x, event, amount = ds.tensors
    out = model(x)
    hit = event == 1
    mae = (out.amount[hit] * amount_std + amount_mean - amount[hit]).abs().mean().item()
    return average_precision_score(event.numpy(), out.logit.numpy()), mae


model = TwoHeads()
opt = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
loader = DataLoader(train, batch_size=250, shuffle=True)
print(f"positives {train.tensors[1].mean().item():.3f}")
with tempfile.TemporaryDirectory() as tmp:
    path, best = os.path.join(tmp, "best.pt"), -1.0
    for epoch in range(17):
        model.train()
        sums = np.zeros(2)
        for x, event, amount in loader:
            out = model(x)
            cls = focal(out.logit, event)
            reg = masked_regression(out.amount, amount, event == 1)
            loss = cls + 0.05 * reg
            opt.zero_grad()
            loss.backward()
            opt.step()
            sums += [cls.item(), reg.item()]
        ap, mae = evaluate(model, val)
        if ap > best:
            best = ap
            torch.save(model.state_dict(), path)
        if epoch % 4 == 0:
            print(f"epoch {epoch} focal {sums[0] / len(loader):.5f} reg {sums[1] / len(loader):.4f} val AP {ap:.4f} MAE {mae:.3f}")
    model.load_state_dict(torch.load(path))

ap, mae = evaluate(model, test)
print(f"test amount MAE {mae:.3f} (constant guess {(test.tensors[2][test.tensors[1] == 1] - amount_mean).abs().mean():.3f})")
print(f"metric: test_average_precision {ap:.4f}")
