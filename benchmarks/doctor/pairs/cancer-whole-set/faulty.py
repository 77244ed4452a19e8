"""Digits, fitted with a hand-written batch loop."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(29)
BATCH = 1024
EPOCHS = 15


def prepare():
    data = load_digits()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target)
    order = torch.randperm(len(x))
    x, y = x[order], y[order]
    mean, std = x[:1300].mean(0), x[:1300].std(0) + 1e-3
    x = ((x - mean) / std).clamp(-4, 4)
    return (x[:1300], y[:1300]), (x[1300:], y[1300:])


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(64, 40)
        self.two = nn.Linear(40, 30)
        self.three = nn.Linear(30, 10)

    def forward(self, x):
        x = F.gelu(self.one(x))
        x = F.gelu(self.two(x))
        return F.log_softmax(self.three(x), dim=1)


(x, y), (x_test, y_test) = prepare()
model = Mlp()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(EPOCHS):
    model.train()
    order = torch.randperm(len(x))
    for start in range(0, len(x), BATCH):
        chosen = order[start:start + BATCH]
        loss = F.nll_loss(model(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
