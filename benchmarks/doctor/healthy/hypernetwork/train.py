"""Hypernetwork: one network writes the weights of another, from a description of the task."""

import torch
from torch import nn

torch.manual_seed(0)


class HyperLinear(nn.Module):
    """y = W(z) x + b(z), where z says which task it is."""

    def __init__(self, n_in, n_out, n_task, width=32):
        super().__init__()
        self.n_in, self.n_out = n_in, n_out
        self.make = nn.Sequential(nn.Linear(n_task, width), nn.ReLU(), nn.Linear(width, n_out * n_in + n_out))

    def forward(self, x, z):
        made = self.make(z)
        w = made[:, : self.n_out * self.n_in].view(-1, self.n_out, self.n_in)
        b = made[:, self.n_out * self.n_in :]
        return torch.bmm(w, x.unsqueeze(2)).squeeze(2) + b


def draw(n):
    z = torch.rand(n, 2) * 2 - 1
    x = torch.randn(n, 3)
    y = z[:, :1] * x[:, :1] - z[:, 1:] * x[:, 1:2] + z[:, :1] * z[:, 1:] + 0.05 * torch.randn(n, 1)
    return x, z, y


x, z, y = draw(3000)
x_test, z_test, y_test = draw(500)
model = HyperLinear(3, 1, 2)
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for epoch in range(25):
    for rows in torch.randperm(3000).split(60):
        loss = (model(x[rows], z[rows]) - y[rows]).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(epoch, f"{loss.item():.5f}")
with torch.no_grad():
    r2 = 1 - (model(x_test, z_test) - y_test).pow(2).mean() / y_test.var()
print(f"metric: r2 {r2.item():.4f}")
