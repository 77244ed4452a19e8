"""Attention-based multiple-instance learning: which marker does the one flagged cell of a slide carry?"""
import torch
import torch.nn as nn

SEED = 6
torch.manual_seed(SEED)

N_CELLS, N_MARKERS, D = 16, 4, 6


def slides(n):
    marker = torch.randint(N_MARKERS, (n, N_CELLS))
    flagged = torch.randint(N_CELLS, (n,))
    x = torch.zeros(n, N_CELLS, D)
    x.scatter_(2, marker[..., None], 1.0)
    x[..., 4] = torch.rand(n, N_CELLS) - 0.5
    x[torch.arange(n), flagged, 4] = 1.5
    x[..., 5] = torch.randn(n, N_CELLS)
    x = x + 0.1 * torch.randn_like(x)
    return x, marker[torch.arange(n), flagged]


class AttentionPool(nn.Module):
    def __init__(self, d, hidden=16):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(d, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, h):
        a = self.score(h)                      # (slides, cells, 1)
        a = torch.softmax(a, dim=-1)
        return (a * h).sum(dim=1)


class SlideModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(D, 16)
        self.pool = AttentionPool(16)
        self.classify = nn.Linear(16, N_MARKERS)

    def forward(self, x):
        return self.classify(self.pool(self.embed(x)))


x_train, y_train = slides(1500)
x_test, y_test = slides(500)
model = SlideModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(15):
    order = torch.randperm(len(x_train))
    running = 0.0
    for i in range(0, len(order), 50):
        idx = order[i:i + 50]
        loss = loss_fn(model(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"{epoch:2d}: {running / 30:.4f}")

with torch.no_grad():
    accuracy = (model(x_test).argmax(-1) == y_test).float().mean()
print(f"metric: accuracy {accuracy:.4f}")
