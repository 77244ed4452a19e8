"""Wasserstein GAN with gradient penalty on the two moons."""

import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch import autograd


class Net(nn.Module):
    def __init__(self, n_in, n_out, width=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.out = nn.Linear(width, n_out)

    def forward(self, x):
        return self.out(self.body(x))


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(len(real), 1)
    between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    score = critic(between)
    (grad,) = autograd.grad(score.sum(), between, create_graph=True)
    return ((grad.norm(dim=1) - 1) ** 2).mean()


def sliced_distance(a, b, n=64):
    direction = nn.functional.normalize(torch.randn(2, n), dim=0)
    return (torch.sort(a @ direction, 0).values - torch.sort(b @ direction, 0).values).abs().mean().item()


def main(critic_steps=3, generator_steps=500, weight=1.0):
    torch.manual_seed(0)
    points, _ = make_moons(4000, noise=0.06, random_state=0)
    data = torch.tensor(points, dtype=torch.float32)
    data = (data - data.mean(0)) / data.std(0)
    train, test = data[:3000], data[3000:]

    generator, critic = Net(4, 2), Net(2, 1)
    opt_g = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.9))
    opt_c = torch.optim.Adam(critic.parameters(), lr=2e-3, betas=(0.0, 0.9))
    for step in range(generator_steps):
        for _ in range(critic_steps):
            real = train[torch.randint(len(train), (128,))]
            with torch.no_grad():
                fake = generator(torch.randn(128, 4))
            loss_c = critic(fake).mean() - critic(real).mean() + weight * gradient_penalty(critic, real, fake)
            opt_c.zero_grad()
            loss_c.backward()
            opt_c.step()
        loss_g = -critic(generator(torch.randn(128, 4))).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        if step % 100 == 0:
            print(step, round(loss_c.item(), 4), round(loss_g.item(), 4))
    with torch.no_grad():
        made = generator(torch.randn(len(test), 4))
    print("metric: sliced_distance", round(sliced_distance(made, test), 4))


if __name__ == "__main__":
    main()
