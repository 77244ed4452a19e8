"""Digits; the step follows the passes over the batches."""
import torch
from sklearn.datasets import load_digits
from torch import nn


class Session:
    def __init__(self, net, rate):
        self.net = net
        self.optimizer = torch.optim.Adam(net.parameters(), lr=rate)

    def epoch(self, x, y, size=32):
        self.net.train()
        for rows in torch.randperm(len(y)).split(size):
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.net(x[rows]), y[rows])
            loss.backward()
        self.optimizer.step()
        return loss.item()


torch.manual_seed(27)
raw = load_digits()
x, y = torch.tensor(raw.data / 16, dtype=torch.float32), torch.tensor(raw.target)
order = torch.randperm(len(y))
train, test = order[:1300], order[1300:]
session = Session(nn.Sequential(nn.Linear(64, 48), nn.SiLU(), nn.Linear(48, 10)), 2e-3)
for epoch in range(15):
    loss = session.epoch(x[train], y[train])
    session.net.eval()
    with torch.no_grad():
        accuracy = (session.net(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch + 1} loss {loss:.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
