"""Binary-code autoencoder for digit retrieval with a straight-through sign (custom autograd.Function).

The decoder reconstructs from 24 bits; the codes are then used for Hamming
nearest-neighbour retrieval, which is what counts.
"""
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(6)

BITS = 24


class Sign(torch.autograd.Function):
    """sign() forward, clipped identity backward (hard-tanh derivative)."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * (x.abs() <= 1.5).to(g.dtype)


class HashAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, BITS), nn.BatchNorm1d(BITS))
        self.dec = nn.Sequential(nn.Linear(BITS, 96), nn.ReLU(), nn.Linear(96, 64))

    def codes(self, x):
        return Sign.apply(self.enc(x))

    def forward(self, x):
        pre = self.enc(x)
        b = Sign.apply(pre)
        return self.dec(b), pre, b


X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=6)
X_tr, X_te = (torch.tensor(v, dtype=torch.float32) for v in (X_tr, X_te))
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)
pixel_mean = X_tr.mean(0)

model = HashAE()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
EPOCHS = 60
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=20, eta_min=1e-4)
for epoch in range(EPOCHS):
    model.train()
    rec_sum = n = 0
    for idx in torch.randperm(len(X_tr)).split(64):
        if len(idx) < 2:
            continue
        x = X_tr[idx]
        recon, pre, b = model(x - pixel_mean)
        rec = (recon + pixel_mean - x).pow(2).mean()
        quant = (pre - b.detach()).pow(2).mean()       # pull activations to their own bit
        loss = rec + 0.002 * quant
        opt.zero_grad()
        loss.backward()
        opt.step()
        rec_sum, n = rec_sum + rec.item() * len(idx), n + len(idx)
    sched.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} reconstruction mse {rec_sum / n:.5f} lr {opt.param_groups[0]['lr']:.1e}")

model.eval()
with torch.no_grad():
    db, query = model.codes(X_tr - pixel_mean), model.codes(X_te - pixel_mean)
    test_mse = (model(X_te - pixel_mean)[0] + pixel_mean - X_te).pow(2).mean().item()
    hamming = (BITS - query @ db.t()) / 2
    near = hamming.topk(5, largest=False).indices
    votes = torch.zeros(len(query), 10).scatter_add_(1, y_tr[near], torch.ones(len(query), 5))
    acc = (votes.argmax(1) == y_te).float().mean().item()
base = (X_te - pixel_mean).pow(2).mean().item()
print(f"test mse {test_mse:.4f}, mean image {base:.4f}; bits set {(db > 0).float().mean().item():.2f}")
print(f"metric: hamming_5nn_accuracy {acc:.4f}")
