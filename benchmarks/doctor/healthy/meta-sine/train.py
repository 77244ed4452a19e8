"""First-order MAML on sine waves with torch.func: a start from which few points are enough."""

import math

import torch
from torch import nn
from torch.func import functional_call, grad


def task(generator):
    amplitude = 0.5 + 1.5 * torch.rand(1, generator=generator)
    phase = math.pi * torch.rand(1, generator=generator)
    return lambda x: amplitude * torch.sin(x + phase)


def points(wave, n, generator):
    x = torch.rand(n, 1, generator=generator) * 6 - 3
    return x, wave(x)


net = None


def loss_of(params, x, y):
    return nn.functional.mse_loss(functional_call(net, params, (x,)), y)


def adapt(params, x, y, steps=3, rate=0.05):
    for _ in range(steps):
        grads = grad(loss_of)(params, x, y)
        params = {k: p - rate * grads[k] for k, p in params.items()}
    return params


def main():
    global net
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    stream = torch.Generator().manual_seed(1)
    for step in range(350):
        optimizer.zero_grad()
        total = 0.0
        for _ in range(4):
            wave = task(stream)
            fast = adapt(dict(net.named_parameters()), *points(wave, 10, stream))
            total = total + loss_of(fast, *points(wave, 10, stream)) / 4
        total.backward()
        optimizer.step()
        if step % 70 == 0:
            print(f"step {step} loss after adapting {total.item():.4f}")

    fresh, losses = torch.Generator().manual_seed(2), []
    for _ in range(50):
        wave = task(fresh)
        fast = adapt({k: p.detach() for k, p in net.named_parameters()}, *points(wave, 10, fresh))
        with torch.no_grad():
            losses.append(loss_of(fast, *points(wave, 50, fresh)).item())
    print(f"metric: mse_after_adapting {sum(losses) / len(losses):.4f}")


if __name__ == "__main__":
    main()
