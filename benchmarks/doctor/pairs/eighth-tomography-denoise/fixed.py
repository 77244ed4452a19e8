"""Denoise small tomograms; the gain in PSNR is averaged over test pictures taken one by one."""
import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIZE = 24


def phantom(rng):
    y, x = np.mgrid[-1:1:SIZE * 1j, -1:1:SIZE * 1j]
    image = np.zeros((SIZE, SIZE))
    for _ in range(rng.integers(2, 6)):
        a, b, t = rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.6), rng.uniform(0, np.pi)
        cx, cy = rng.uniform(-0.5, 0.5, 2)
        u = (x - cx) * np.cos(t) + (y - cy) * np.sin(t)
        v = -(x - cx) * np.sin(t) + (y - cy) * np.cos(t)
        image[(u / a) ** 2 + (v / b) ** 2 < 1] += rng.uniform(0.1, 0.5)
    return np.clip(image, 0, 1)


class Tomograms(Dataset):
    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        self.clean = np.stack([phantom(rng) for _ in range(count)]).astype(np.float32)
        level = rng.uniform(0.05, 0.25, (count, 1, 1))
        self.noisy = (self.clean + level * rng.normal(size=self.clean.shape)).astype(np.float32)

    def __len__(self):
        return len(self.clean)

    def __getitem__(self, i):
        return torch.from_numpy(self.noisy[i])[None], torch.from_numpy(self.clean[i])[None]


class Denoiser(nn.Module):
    def __init__(self, width=16, depth=3):
        super().__init__()
        layers = [nn.Conv2d(1, width, 3, padding=1), nn.ReLU()]
        for _ in range(depth - 1):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.tail = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, noisy):
        return self.tail(self.body(noisy))


def psnr(a, b):
    return -10 * torch.log10((a - b).square().mean())


@torch.no_grad()
def evaluate(net, data):
    net.eval()
    gain = []
    for noisy, clean in DataLoader(data, batch_size=1):
        gain.append(psnr(net(noisy), clean) - psnr(noisy, clean))
    return torch.stack(gain).mean().item()


def train(net, data, epochs, batch_size, lr):
    loader = DataLoader(data, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [epochs // 2, 3 * epochs // 4], gamma=0.3)
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for noisy, clean in loader:
            loss = nn.functional.mse_loss(net(noisy), clean)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        schedule.step()
        print(f"epoch {epoch:2d} mse {total / len(loader):.5f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--lr", type=float, default=4e-3)
    options = parser.parse_args()
    torch.manual_seed(18)
    denoiser = Denoiser()
    train(denoiser, Tomograms(400, seed=1), options.epochs, options.batch_size, options.lr)
    print(f"metric: psnr_gain {evaluate(denoiser, Tomograms(100, seed=2)):.4f}")
