"""Wine cultivars from raw measurements."""
import torch
from sklearn.datasets import load_wine
from torch import nn


def fit(net, x, y, epochs=60, size=16, rate=0.03):
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    for epoch in range(epochs):
        net.train()
        for rows in torch.randperm(len(y)).split(size):
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1} loss {loss.item():.4f}")


torch.manual_seed(41)
x, y = load_wine(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(y))
train, test = order[:120], order[120:]
x = (x - x[train].mean(0)) / x[train].std(0)
net = nn.Sequential(nn.Linear(13, 24), nn.ReLU(), nn.Linear(24, 3))
fit(net, x[train], y[train])
net.eval()
with torch.no_grad():
    accuracy = (net(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
