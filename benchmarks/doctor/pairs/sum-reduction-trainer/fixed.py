"""A robot's reach, fitted by a class that owns its optimizer."""
import torch
from torch import nn


class Reach:
    def __init__(self, rate=0.05, reduction="mean"):
        self.net = nn.Sequential(nn.Linear(2, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 2))
        self.criterion = nn.MSELoss(reduction=reduction)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=rate, momentum=0.9)

    def step(self, angles, hand):
        self.optimizer.zero_grad()
        loss = self.criterion(self.net(angles), hand)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def error(self, angles, hand):
        self.net.eval()
        with torch.no_grad():
            out = (self.net(angles) - hand).pow(2).mean().item()
        self.net.train()
        return out


def poses(n):
    a = 3 * torch.rand(n, 2) - 1.5
    both = a.sum(1)
    return a, torch.stack([a[:, 0].cos() + 0.7 * both.cos(), a[:, 0].sin() + 0.7 * both.sin()], 1)


torch.manual_seed(31)
angles, hand = poses(1500)
angles_test, hand_test = poses(500)
reach = Reach(reduction="mean")
for epoch in range(20):
    losses = [reach.step(angles[i], hand[i]) for i in torch.randperm(len(angles)).split(50)]
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: {sum(losses) / len(losses):.4f}")
print(f"metric: mse {reach.error(angles_test, hand_test):.4f}")
