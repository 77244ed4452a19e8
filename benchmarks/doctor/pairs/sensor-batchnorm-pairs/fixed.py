"""Load on a beam from nine strain gauges; batches are cut by hand."""
import torch
from torch import nn


def beams(n, g):
    x = torch.randn(n, 9, generator=g)
    y = torch.tanh(x[:, :3].sum(1)) + 0.5 * x[:, 3] * x[:, 4] + 0.3 * x[:, 5]
    return x, (y + 0.05 * torch.randn(n, generator=g)).unsqueeze(1)


def layer(a, b):
    return nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU())


BATCH, LR, EPOCHS = 16, 1e-3, 24
g = torch.Generator().manual_seed(50)
torch.manual_seed(50)
x, y = beams(600, g)
x_test, y_test = beams(400, g)
net = nn.Sequential(layer(9, 48), layer(48, 48), nn.Linear(48, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=LR)
for epoch in range(EPOCHS):
    net.train()
    order = torch.randperm(len(x))
    for rows in order.split(BATCH):
        error = net(x[rows]) - y[rows]
        loss = error.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        r2 = 1 - ((net(x_test) - y_test) ** 2).mean().item() / y_test.var().item()
    print(f"epoch {epoch}: loss {loss.item():.4f}, r2 {r2:.4f}")
print(f"metric: r2 {r2:.4f}")
