"""Whale-call detector with few labels: student trained, teacher is a moving average of it."""
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(46)
rng = np.random.RandomState(46)


def spectrogram(call, f=16, t=20):
    s = rng.normal(0, 1, (f, t))
    if call:
        t0, f0, slope = rng.randint(2, 10), rng.uniform(3, 8), rng.uniform(0.3, 0.7)
        for k in range(8):
            s[int(f0 + slope * k) % f, t0 + k] += 2.8
    return s


def clips(n, rate=0.5):
    y = (rng.rand(n) < rate).astype(np.float32)
    x = np.stack([spectrogram(v > 0) for v in y]).astype(np.float32)
    return torch.from_numpy(x)[:, None], torch.from_numpy(y)


x_lab, y_lab = clips(400)
x_unl, _ = clips(800)
x_test, y_test = clips(400)

student = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(),
    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 1), nn.Flatten(0),
)
teacher = copy.deepcopy(student).requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3, weight_decay=1e-4)


def shift(x):
    return torch.roll(x, int(torch.randint(-3, 4, ())), dims=3)


@torch.no_grad()
def follow(decay):
    for slow, fast in zip(teacher.state_dict().values(), student.state_dict().values()):
        if slow.dtype.is_floating_point:
            slow.mul_(decay).add_(fast, alpha=1 - decay)
        else:
            slow.copy_(fast)


step = 0
for epoch in range(15):
    student.train()
    teacher.eval()
    for idx in torch.randperm(400).split(40):
        other = torch.randint(800, (40,))
        with torch.no_grad():
            goal = torch.sigmoid(teacher(shift(x_unl[other])))
        logits = student(torch.cat([shift(x_lab[idx]), shift(x_unl[other])]))
        supervised = F.binary_cross_entropy_with_logits(logits[:40], y_lab[idx])
        consistency = F.mse_loss(torch.sigmoid(logits[40:]), goal)
        loss = supervised + min(1.0, epoch / 5) * consistency
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        follow(min(0.97, step / (step + 5)))
    print(f"epoch {epoch} supervised {supervised.item():.4f} consistency {consistency.item():.4f}")

teacher.eval()
with torch.no_grad():
    print("metric: accuracy", ((teacher(x_test) > 0).float() == y_test).float().mean().item())
