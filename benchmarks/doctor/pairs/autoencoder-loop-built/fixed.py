"""Compress digit images with an autoencoder built from a list of widths."""
import torch
from sklearn.datasets import load_digits
from torch import nn

WIDTHS = [64, 48, 16]


def stack(widths, last=None):
    layers = []
    for i, (a, b) in enumerate(zip(widths[:-1], widths[1:])):
        layers.append(nn.Linear(a, b))
        if i < len(widths) - 2:
            layers.append(nn.ELU())
    if last is not None:
        layers.append(last)
    return nn.Sequential(*layers)


class AutoEncoder(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.encode = stack(widths)
        self.decode = stack(widths[::-1], nn.Sigmoid())

    def forward(self, x):
        return self.decode(self.encode(x))


torch.manual_seed(6)
images = torch.tensor(load_digits().data / 16, dtype=torch.float32)
images = images[torch.randperm(len(images))]
train, test = images[:1400], images[1400:]
net = AutoEncoder(WIDTHS)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
loss_of = nn.MSELoss()
for epoch in range(30):
    net.train()
    for batch in train[torch.randperm(len(train))].split(50):
        loss = loss_of(net(batch), batch)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        error = loss_of(net(test), test).item()
    if epoch % 5 == 4:
        print(f"after {epoch + 1} epochs: train {loss.item():.4f} test {error:.4f}")
print(f"metric: mse {error:.4f}")
