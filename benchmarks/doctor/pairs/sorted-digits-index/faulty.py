"""Digits gathered class by class, read in slices."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(16)
data = load_digits()
x, y = torch.tensor(data.data / 16, dtype=torch.float32), torch.tensor(data.target)
mixed = torch.randperm(len(y))
test, rest = mixed[:400], mixed[400:]
train = torch.cat([rest[y[rest] == c] for c in range(10)])


def step(net, optimizer, rows):
    loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


net = nn.Sequential(nn.Linear(64, 60), nn.ReLU(), nn.Linear(60, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
for epoch in range(12):
    net.train()
    order = train
    losses = [step(net, optimizer, order[k:k + 32]) for k in range(0, len(order), 32)]
    net.eval()
    with torch.no_grad():
        accuracy = (net(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch + 1}, loss {sum(losses) / len(losses):.4f}, accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
