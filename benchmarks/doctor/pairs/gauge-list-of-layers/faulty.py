"""Flow regime from gauge statistics."""
import torch
import torch.nn as nn


class Regime(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.blocks = [nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.final = nn.Linear(sizes[-1], 3)

    def forward(self, x):
        for block in self.blocks:
            x = torch.tanh(block(x))
        return self.final(x)


torch.manual_seed(15)
x = torch.randn(1500, 6)
z = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2]
y = torch.bucketize(z, torch.tensor([-0.5, 0.5]))
regime = Regime([6, 64, 6])
optimizer = torch.optim.Adam(regime.parameters(), lr=4e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(40):
    for rows in torch.randperm(1200).split(60):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(regime(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    if epoch % 8 == 0:
        print(epoch, round(loss.item(), 4))
with torch.no_grad():
    print("metric: accuracy", round((regime(x[1200:]).argmax(1) == y[1200:]).float().mean().item(), 4))
