"""A small transformer encoder learns to reverse sequences; warm-up, then inverse square root."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Settings:
    vocabulary: int = 12
    length: int = 8
    width: int = 48
    heads: int = 4
    layers: int = 2
    batch: int = 64
    steps: int = 500
    warmup: int = 60
    lr: float = 3e-3


class Reverser(nn.Module):
    def __init__(self, s: Settings):
        super().__init__()
        self.tokens = nn.Embedding(s.vocabulary, s.width)
        self.places = nn.Parameter(torch.randn(s.length, s.width) * 0.1)
        layer = nn.TransformerEncoderLayer(
            s.width, s.heads, 2 * s.width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, s.layers, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(s.width), nn.Linear(s.width, s.vocabulary))

    def forward(self, x):
        return self.head(self.encoder(self.tokens(x) + self.places))


def examples(s, n, generator):
    x = torch.randint(0, s.vocabulary, (n, s.length), generator=generator)
    return x, x.flip(1)


def main():
    s = Settings()
    torch.manual_seed(0)
    stream, fresh = torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)
    model = Reverser(s)
    optimizer = torch.optim.AdamW(model.parameters(), lr=s.lr, betas=(0.9, 0.98), weight_decay=0.01)
    factor = lambda step: min((step + 1) / s.warmup, (s.warmup / (step + 1)) ** 0.5)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    for step in range(s.steps):
        x, y = examples(s, s.batch, stream)
        loss = nn.functional.cross_entropy(model(x).transpose(1, 2), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        if step % 100 == 0:
            print(f"step {step} loss {loss.item():.4f} lr {scheduler.get_last_lr()[0]:.5f}")
    model.eval()
    with torch.no_grad():
        x, y = examples(s, 500, fresh)
        accuracy = (model(x).argmax(-1) == y).float().mean().item()
    print(f"metric: token_accuracy {accuracy:.4f}")


main()
