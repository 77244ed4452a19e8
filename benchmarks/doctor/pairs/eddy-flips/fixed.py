"""Cyclonic, anticyclonic or no eddy in altimeter velocity maps (u, v on a 14 x 14 grid)."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

GRID = 14


def velocity_maps(n, seed):
    rng = np.random.default_rng(seed)
    axis = np.linspace(-1, 1, GRID)
    yy, xx = np.meshgrid(axis, axis, indexing="ij")
    kind = rng.integers(0, 3, n)
    maps = np.zeros((n, 2, GRID, GRID))
    for k in range(n):
        x0, y0 = rng.uniform(-0.4, 0.4, 2)
        radius = rng.uniform(0.25, 0.5)
        dx, dy = (xx - x0) / radius, (yy - y0) / radius
        bell = np.exp(0.5 - 0.5 * (dx**2 + dy**2)) * rng.uniform(0.2, 0.6)
        spin = (0, 1, -1)[kind[k]]
        maps[k, 0] = -spin * dy * bell
        maps[k, 1] = spin * dx * bell
        if spin == 0:
            maps[k, 0] = dx * bell * rng.choice([-1, 1])
            maps[k, 1] = -dy * bell * rng.choice([-1, 1])
    maps += rng.normal(0, 0.15, (n, 2, 1, 1)) + rng.normal(0, 0.12, maps.shape)
    return torch.tensor(maps / 0.25, dtype=torch.float32), torch.tensor(kind)


class EddyMaps(Dataset):
    def __init__(self, n, seed, augment=False):
        self.maps, self.kind = velocity_maps(n, seed)
        self.augment = augment

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        field = self.maps[i]
        if self.augment:
            if torch.rand(()) < 0.5:
                field = torch.flip(field, dims=(1, 2)) * torch.tensor([-1.0, -1.0])[:, None, None]
            field = field + 0.05 * torch.randn_like(field)
        return field, self.kind[i]


class EddyNet(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(2, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten())
        self.fc = nn.Linear(2 * width, 3)

    def forward(self, field):
        return self.fc(self.conv(field))


def evaluate(net, loader):
    net.eval()
    with torch.inference_mode():
        return np.mean(np.concatenate([(net(f).argmax(1) == k).numpy() for f, k in loader]))


if __name__ == "__main__":
    torch.manual_seed(35)
    train = DataLoader(EddyMaps(900, 35, augment=True), batch_size=30, shuffle=True)
    test = DataLoader(EddyMaps(400, 36), batch_size=100)
    net = EddyNet()
    optimizer = torch.optim.RAdam(net.parameters(), lr=5e-3)
    for epoch in range(12):
        net.train()
        total = 0.0
        for field, kind in train:
            loss = nn.functional.cross_entropy(net(field), kind)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if epoch % 3 == 2:
            print(f"epoch {epoch + 1:2d} loss {total / len(train):.4f} accuracy {evaluate(net, test):.4f}")
    print(f"metric: accuracy {evaluate(net, test):.4f}")
