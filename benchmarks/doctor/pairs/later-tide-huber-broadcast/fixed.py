"""Tide level one hour ahead: convolutions over the last 32 hours, Huber loss written out."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(25)
hours = torch.arange(2200.0)
level = torch.sin(hours / 12.42 * 6.2832) + 0.4 * torch.sin(hours / 24 * 6.2832) + 0.08 * torch.randn(2200)
past = level.unfold(0, 32, 1)[:-1]
ahead = level[32:]
train = DataLoader(TensorDataset(past[:1700], ahead[:1700]), batch_size=32, shuffle=True)


def huber(prediction, truth, knee=1.0):
    gap = (prediction - truth).abs()
    return torch.where(gap < knee, 0.5 * gap**2, knee * (gap - 0.5 * knee)).mean()


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 16, 5, dilation=2)
        self.second = nn.Conv1d(16, 16, 5, dilation=2)
        self.last = nn.Linear(16 * 16, 1)

    def forward(self, x):
        x = torch.tanh(self.first(x[:, None]))
        x = torch.tanh(self.second(x))
        return self.last(x.flatten(1)).squeeze(1)


model = Conv()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    total = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = huber(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    with torch.no_grad():
        rmse = (model(past[1700:]).reshape(-1) - ahead[1700:]).pow(2).mean().sqrt().item()
    print(f"[{epoch + 1}] loss {total / len(train):.4f} rmse {rmse:.4f}")
print(f"metric: rmse {rmse:.4f}")
