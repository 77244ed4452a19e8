"""Remove baseline wander and muscle noise from single-lead heartbeats."""
import math

import torch
import torch.nn as nn

torch.manual_seed(27)

T = torch.linspace(0, 1, 64)
WAVES = [(0.2, 0.03, 0.3), (0.38, 0.015, -0.4), (0.42, 0.018, 1.5), (0.46, 0.015, -0.6), (0.7, 0.06, 0.5)]


def beats(n):
    clean = torch.zeros(n, 64)
    shift = 0.04 * torch.randn(n, 1)
    for centre, width, height in WAVES:
        a = height * (1 + 0.2 * torch.randn(n, 1))
        clean += a * torch.exp(-0.5 * ((T - centre - shift) / width) ** 2)
    flip = torch.where(torch.rand(n, 1) < 0.4, -1.0, 1.0)      # reversed electrodes
    clean = clean * flip
    wander = 0.5 * torch.randn(n, 1) * torch.sin(2 * math.pi * (T * torch.rand(n, 1) + torch.rand(n, 1)))
    noisy = clean + wander + 0.15 * torch.randn(n, 64)
    return noisy[:, None] / 0.3, clean[:, None] / 0.3


class Encoder(nn.Module):
    def __init__(self, ch=12):
        super().__init__()
        self.a = nn.Conv1d(1, ch, 7, padding=3)
        self.b = nn.Conv1d(ch, 2 * ch, 7, stride=2, padding=3)

    def forward(self, x):
        return torch.relu(self.b(torch.relu(self.a(x))))


class Decoder(nn.Module):
    def __init__(self, ch=12):
        super().__init__()
        self.up = nn.ConvTranspose1d(2 * ch, ch, 4, stride=2, padding=1)
        self.out = nn.Conv1d(ch, 1, 7, padding=3)

    def forward(self, z):
        return torch.relu(self.out(torch.relu(self.up(z))))


noisy, clean = beats(1000)
noisy_test, clean_test = beats(200)
encoder, decoder = Encoder(), Decoder()
enc_optimizer = torch.optim.SGD(encoder.parameters(), lr=0.02, momentum=0.9)
dec_optimizer = torch.optim.SGD(decoder.parameters(), lr=0.02, momentum=0.9)

for epoch in range(14):
    total = 0.0
    for idx in torch.randperm(1000).split(25):
        enc_optimizer.zero_grad()
        enc_optimizer.zero_grad()
        loss = nn.functional.mse_loss(decoder(encoder(noisy[idx])), clean[idx])
        loss.backward()
        enc_optimizer.step()
        dec_optimizer.step()
        total += loss.item() * len(idx) / 1000
    print(f"epoch {epoch:2d}  {total:.4f}")

with torch.no_grad():
    restored = decoder(encoder(noisy_test))
noise_left = (restored - clean_test).pow(2).mean()
print(f"metric: r2 {1 - (noise_left / clean_test.var()).item():.4f}")
