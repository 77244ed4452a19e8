"""Mixed-layer depth from Argo profiles with a small transformer over the depth levels."""
import math

import numpy as np
import torch
from torch import nn

torch.manual_seed(42)
rng = np.random.default_rng(42)
DEPTH = np.linspace(5, 195, 24)


def argo(n):
    surface = rng.uniform(4, 28, (n, 1))
    mld = rng.uniform(15, 150, (n, 1))
    gradient = rng.uniform(0.03, 0.12, (n, 1))
    temp = surface - gradient * np.maximum(DEPTH - mld, 0) + rng.normal(0, 0.03, (n, len(DEPTH)))
    salt = 35 + rng.normal(0, 0.6, (n, 1)) + 0.004 * np.maximum(DEPTH - mld, 0) + rng.normal(0, 0.01, (n, len(DEPTH)))
    missing = rng.random((n, len(DEPTH))) < 0.1
    missing[:, 0] = False
    temp[missing] = surface.mean()
    levels = np.stack([(temp - 16) / 7, (salt - 35) / 0.7, np.broadcast_to(DEPTH / 100 - 1, temp.shape), missing], axis=-1)
    return torch.tensor(levels, dtype=torch.float32), torch.tensor(mld[:, 0], dtype=torch.float32)


class DepthEncoder(nn.Module):
    def __init__(self, n_in=4, d_model=32, heads=4, layers=2):
        super().__init__()
        self.embed = nn.Linear(n_in, d_model)
        block = nn.TransformerEncoderLayer(
            d_model, heads, dim_feedforward=64, dropout=0.0, norm_first=True, batch_first=True)
        self.encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, 1)

    def forward(self, levels):
        h = self.encoder(self.embed(levels))
        return self.out(self.norm(h).mean(dim=1)).squeeze(-1)


def warmup_cosine(total, warmup):
    def factor(step):
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))
    return factor


profiles, mld = argo(800)
held, held_mld = argo(250)
centre, spread = mld.mean(), mld.std()
model = DepthEncoder()
EPOCHS, BATCH = 10, 32
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
schedule = torch.optim.lr_scheduler.LambdaLR(
    optimizer, warmup_cosine(EPOCHS * math.ceil(len(profiles) / BATCH), 30))

for epoch in range(EPOCHS):
    model.train()
    losses = []
    for idx in torch.randperm(len(profiles)).split(BATCH):
        loss = nn.functional.smooth_l1_loss(model(profiles[idx]), (mld[idx] - centre) / spread)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1:2d}: {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    depth = torch.cat([model(one[None]) for one in held]) * spread + centre
print(f"metric: mae_metres {(depth - held_mld).abs().mean():.3f}")
