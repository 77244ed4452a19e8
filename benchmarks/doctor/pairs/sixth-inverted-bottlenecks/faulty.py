from dataclasses import dataclass, field
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


@dataclass
class NetConfig:
    stem: int = 12
    widths: list[int] = field(default_factory=lambda: [16, 24])
    expand: int = 2
    bn_momentum: float = 1e-3
    bn_eps: float = 1e-3
    classes: int = 10


@dataclass
class TrainConfig:
    epochs: int = 6
    batch_size: int = 48
    lr: float = 4e-3
    weight_decay: float = 1e-4


class MBConv(nn.Module):
    """1x1 expand, depthwise 3x3, 1x1 project."""

    def __init__(self, c_in, c_out, stride, cfg):
        super().__init__()
        norm = partial(nn.BatchNorm2d, momentum=cfg.bn_momentum, eps=cfg.bn_eps)
        mid = c_in * cfg.expand
        self.expand = nn.Conv2d(c_in, mid, 1, bias=False)
        self.n1 = norm(mid)
        self.depth = nn.Conv2d(mid, mid, 3, stride, 1, groups=mid, bias=False)
        self.n2 = norm(mid)
        self.project = nn.Conv2d(mid, c_out, 1, bias=False)
        self.n3 = norm(c_out)

    def forward(self, x):
        h = F.silu(self.n1(self.expand(x)))
        h = F.silu(self.n2(self.depth(h)))
        return self.n3(self.project(h))


class Net(nn.Module):
    def __init__(self, cfg: NetConfig):
        super().__init__()
        self.stem = nn.Conv2d(1, cfg.stem, 3, padding=1)
        chans = [cfg.stem, *cfg.widths]
        self.blocks = nn.ModuleList(MBConv(a, b, 2, cfg) for a, b in zip(chans, chans[1:]))
        self.head = nn.Linear(chans[-1], cfg.classes)

    def forward(self, x):
        x = F.silu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean(dim=(2, 3)))


def main(net_cfg: NetConfig, cfg: TrainConfig):
    torch.manual_seed(17)
    bunch = load_digits()
    images = torch.tensor(bunch.images / 16.0, dtype=torch.float32).unsqueeze(1)
    labels = torch.tensor(bunch.target)
    tr, te = train_test_split(torch.arange(len(labels)), test_size=0.25, random_state=0, stratify=labels)
    model = Net(net_cfg)
    steps = cfg.epochs * (len(tr) // cfg.batch_size)
    opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=cfg.lr * 2, total_steps=steps)
    for epoch in range(cfg.epochs):
        model.train()
        perm = tr[torch.randperm(len(tr))]
        for k in range(len(tr) // cfg.batch_size):
            rows = perm[k * cfg.batch_size:(k + 1) * cfg.batch_size]
            opt.zero_grad()
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            loss.backward()
            opt.step()
            sched.step()
        print(f"epoch {epoch + 1}/{cfg.epochs} loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        return (model(images[te]).argmax(1) == labels[te]).float().mean().item()


if __name__ == "__main__":
    print("metric: accuracy %.4f" % main(NetConfig(), TrainConfig()))
