"""Is a sequence of motions walking, turning or falling? Transformer encoder, autocast, parameter groups."""
import math

import torch
from torch import nn

HPARAMS = dict(width=32, depth=2, batch=48, epochs=6, betas=(0.9, 0.98), lr=1e-3)


class Positions(nn.Module):
    def __init__(self, width, longest=64):
        super().__init__()
        where = torch.arange(longest)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
        self.register_buffer("wave", torch.stack([where.sin(), where.cos()], 2).flatten(1))

    def forward(self, x):
        return x + self.wave[: x.shape[1]]


class Motion(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.lift = nn.Linear(3, width)
        self.where = Positions(width)
        block = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.1, batch_first=True)
        self.blocks = nn.TransformerEncoder(block, depth)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.where(self.lift(x))).mean(1)))


def record(n):
    kind = torch.randint(0, 3, (n,))
    t = torch.arange(24.0)
    walk = torch.sin(t / 2 + 6 * torch.rand(n, 1))
    turn = torch.linspace(-1, 1, 24) * torch.randn(n, 1).sign()
    fall = -1.5 * torch.sigmoid(t - 6 - 12 * torch.rand(n, 1)) + 0.7
    main = torch.stack([walk, turn, fall], 1)[torch.arange(n), kind]
    return torch.stack([main, 0.5 * main.roll(1, 1), torch.zeros(n, 24)], 2) + 0.6 * torch.randn(n, 24, 3), kind


def grouped(model):
    decay, rest = [], []
    for name, p in model.named_parameters():
        (rest if name.endswith("bias") or "norm" in name else decay).append(p)
    return [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]


torch.manual_seed(15)
x, y = record(1500)
xt, yt = record(400)
model = Motion(HPARAMS["width"], HPARAMS["depth"])
optimizer = torch.optim.AdamW(grouped(model), lr=HPARAMS["lr"], betas=HPARAMS["betas"])
for epoch in range(HPARAMS["epochs"]):
    model.train()
    for rows in torch.randperm(len(x)).split(HPARAMS["batch"]):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(xt).argmax(1) == yt).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} accuracy {accuracy:.3f}")
print(f"metric: accuracy {accuracy:.4f}")
