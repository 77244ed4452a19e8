"""Gestures from three accelerometer axes, recorded as (time, axis)."""
import torch
from torch import nn


class Gestures(torch.utils.data.Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        t = torch.linspace(0, 6.28, 48)
        self.y = torch.randint(0, 3, (n,), generator=g)
        lag = torch.tensor([0.0, 1.6, 3.1])[self.y][:, None]
        phase = 6.28 * torch.rand(n, 1, generator=g)
        pace = 1 + 2 * torch.rand(n, 1, generator=g)
        waves = [torch.sin(pace * t + phase), torch.sin(pace * t + phase + lag), torch.zeros(n, 48)]
        self.x = torch.stack(waves, dim=2) + 1.0 * torch.randn(n, 48, 3, generator=g)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(3, 16, 5), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 16, 3), nn.ReLU())
        self.fc = nn.Linear(16, 3)

    def forward(self, x):
        x = x.view(x.size(0), 3, 48)
        return self.fc(self.conv(x).mean(2))


torch.manual_seed(0)
train = torch.utils.data.DataLoader(Gestures(900, 1), batch_size=30, shuffle=True)
test = torch.utils.data.DataLoader(Gestures(500, 2), batch_size=500)
net = Net()
optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3)
for epoch in range(12):
    net.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        acc = sum((net(x).argmax(1) == y).float().mean().item() for x, y in test)
    print(f"{epoch}: {loss.item():.3f} {acc:.3f}")
print(f"metric: accuracy {acc:.4f}")
