import copy
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Config:
    classes: int = 6
    size: int = 16
    micro_batch: int = 16
    accumulate: int = 4
    lr: float = 3e-3
    epochs: int = 6
    ema: float = 0.97
    seed: int = 11


def gratings(n, cfg, gen):
    """Noisy oriented gratings; the class is the orientation."""
    y = torch.randint(0, cfg.classes, (n,), generator=gen)
    ang = y.float() * torch.pi / cfg.classes
    freq = 0.6 + 0.5 * torch.rand(n, generator=gen)
    phase = 6.28 * torch.rand(n, generator=gen)
    g = torch.arange(cfg.size).float() - cfg.size / 2
    yy, xx = torch.meshgrid(g, g, indexing="ij")
    proj = xx * ang.cos()[:, None, None] + yy * ang.sin()[:, None, None]
    img = torch.sin(freq[:, None, None] * proj + phase[:, None, None])
    return (img + 0.9 * torch.randn(img.shape, generator=gen)).unsqueeze(1), y


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(4, c)
        self.conv2 = nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(4, c)
        nn.init.zeros_(self.norm2.weight)

    def forward(self, x):
        return F.relu(x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


def build(cfg):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, stride=2), Block(16), nn.Conv2d(16, 32, 3, padding=1, stride=2), Block(32),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, cfg.classes))


def main(cfg=Config()):
    torch.manual_seed(cfg.seed)
    gen = torch.Generator().manual_seed(cfg.seed)
    data = TensorDataset(*gratings(1900, cfg, gen))
    train, test = random_split(data, [1500, 400], generator=gen)
    loader = DataLoader(train, batch_size=cfg.micro_batch, shuffle=True)
    model = build(cfg)
    ema = copy.deepcopy(model).requires_grad_(False)
    decay = [p for p in model.parameters() if p.ndim > 1]
    other = [p for p in model.parameters() if p.ndim <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": other, "weight_decay": 0.0}], lr=cfg.lr)
    steps = cfg.epochs * -(-len(loader) // cfg.accumulate)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, cfg.lr, total_steps=steps)
    opt.zero_grad(set_to_none=True)
    for epoch in range(cfg.epochs):
        model.train()
        seen = 0.0
        for i, (x, y) in enumerate(loader):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = F.cross_entropy(model(x), y, label_smoothing=0.05)
            (loss / cfg.accumulate).backward()
            seen += loss.item() * len(x)
            if (i + 1) % cfg.accumulate == 0 or i + 1 == len(loader):
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                opt.step()
                sched.step()
                opt.zero_grad(set_to_none=True)
                with torch.no_grad():
                    for e, p in zip(ema.parameters(), model.parameters()):
                        e.lerp_(p, 1 - cfg.ema)
        print(f"epoch {epoch + 1} loss {seen / len(train):.4f}")
    ema.eval()
    x, y = zip(*[test[i] for i in range(len(test))])
    with torch.no_grad():
        acc = (ema(torch.stack(x)).argmax(1) == torch.stack(y)).float().mean().item()
    print(f"metric: accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
