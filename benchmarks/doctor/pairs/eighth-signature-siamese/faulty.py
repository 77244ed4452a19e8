"""Siamese network: are two pen strokes from the same writer?"""
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader

torch.manual_seed(9)
LENGTH = 32


def stroke(style, n):
    t = torch.linspace(0, 1, LENGTH)
    amp = style[:3].view(1, 3, 1) + 0.15 * torch.randn(n, 3, 1)
    freq = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1)
    ph = style[3:].view(1, 3, 1) + 0.2 * torch.randn(n, 3, 1)
    return (amp * torch.sin(6.2832 * freq * t + ph)).sum(1) + 0.1 * torch.randn(n, LENGTH)


class PairSet(Dataset):
    def __init__(self, writers, per_writer, n_pairs, seed):
        g = torch.Generator().manual_seed(seed)
        styles = torch.cat([torch.randn(writers, 3, generator=g), 3.0 * torch.rand(writers, 3, generator=g)], 1)
        self.bank = torch.stack([stroke(s, per_writer) for s in styles])
        self.a = torch.randint(0, writers, (n_pairs,), generator=g)
        self.same = torch.arange(n_pairs) % 2 == 0
        shift = torch.randint(1, writers, (n_pairs,), generator=g)
        self.b = torch.where(self.same, self.a, (self.a + shift) % writers)
        self.i = torch.randint(0, per_writer, (2, n_pairs), generator=g)

    def __len__(self):
        return len(self.a)

    def __getitem__(self, k):
        x1 = self.bank[self.a[k], self.i[0, k]]
        x2 = self.bank[self.b[k], self.i[1, k]]
        return x1, x2, 1.0 if self.same[k] else 0.0


class Twin(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2))
        self.fc = nn.Linear(32 * 8, 24)

    def once(self, x):
        return self.fc(self.conv(x.unsqueeze(1)).flatten(1))

    def forward(self, x1, x2):
        return self.once(x1), self.once(x2)


train_set = PairSet(60, 12, 3200, seed=1)
test_set = PairSet(20, 12, 600, seed=2)
net = Twin()
criterion = nn.CosineEmbeddingLoss(margin=0.3)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(6):
    running = 0.0
    for x1, x2, t in DataLoader(train_set, batch_size=64, shuffle=True):
        e1, e2 = net(x1, x2)
        loss = criterion(e1, e2, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch}: {running / 50:.4f}")

hits = 0
net.eval()
with torch.no_grad():
    for x1, x2, t in DataLoader(test_set, batch_size=200):
        e1, e2 = net(x1, x2)
        sim = nn.functional.cosine_similarity(e1, e2)
        hits += ((sim > 0.5) == (t > 0)).sum().item()
print(f"metric: accuracy {hits / len(test_set):.4f}")
