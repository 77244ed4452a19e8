"""Depth of the water table from surroundings."""
import torch
from torch import nn

shape = {"inputs": 4, "hidden": 48, "outputs": 1}


class Table(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.up = nn.Linear(inputs, hidden)
        self.mid = nn.Linear(hidden, hidden)
        self.down = nn.Linear(hidden, outputs)
        self.act = nn.Tanh()

    def forward(self, x):
        return self.down(self.act(self.mid(self.act(self.up(x)))))


torch.manual_seed(90)
x = torch.rand(2000, 4) * 2 - 1
y = (torch.sin(4 * x[:, 0]) + torch.cos(4 * x[:, 1]) + 2 * x[:, 2] * x[:, 3])[:, None] + 0.05 * torch.randn(2000, 1)
net = Table(**shape)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(40):
    for rows in torch.randperm(1600).split(64):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    if epoch % 8 == 0:
        print(epoch, loss.item())
with torch.no_grad():
    print(f"metric: mse {nn.functional.mse_loss(net(x[1600:]), y[1600:]).item():.4f}")
