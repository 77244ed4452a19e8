"""A GRU tells which of eight melodies a noisy sequence of tones follows."""
from dataclasses import dataclass

import torch
import torch.nn as nn


@dataclass
class Config:
    tones: int = 6
    length: int = 12
    hidden: int = 2
    classes: int = 8
    lr: float = 0.01
    batch_size: int = 64
    steps: int = 900


class Listener(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.embed = nn.Embedding(cfg.tones, 8)
        self.rnn = nn.GRU(8, cfg.hidden, batch_first=True)
        self.classify = nn.Linear(cfg.hidden, cfg.classes)

    def forward(self, tones):
        _, last = self.rnn(self.embed(tones))
        return self.classify(last[-1])


class Melodies:
    def __init__(self, cfg, seed):
        self.cfg, self.gen = cfg, torch.Generator().manual_seed(seed)
        self.themes = torch.randint(cfg.tones, (cfg.classes, cfg.length), generator=torch.Generator().manual_seed(1))

    def batch(self, n):
        label = torch.randint(self.cfg.classes, (n,), generator=self.gen)
        tones = self.themes[label].clone()
        wrong = torch.rand(tones.shape, generator=self.gen) < 0.2
        tones[wrong] = torch.randint(self.cfg.tones, (int(wrong.sum()),), generator=self.gen)
        return tones, label


cfg = Config()
torch.manual_seed(0)
model, data = Listener(cfg), Melodies(cfg, 5)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for step in range(cfg.steps):
    tones, label = data.batch(cfg.batch_size)
    optimizer.zero_grad()
    loss = loss_fn(model(tones), label)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 150 == 0:
        print(step, round(loss.item(), 4))
model.eval()
with torch.no_grad():
    tones, label = Melodies(cfg, 77).batch(2000)
    acc = (model(tones).argmax(-1) == label).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
