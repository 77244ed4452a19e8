"""REINFORCE with a running baseline on a cart-pole written out in NumPy, many carts at once."""

import math

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

GRAVITY, CART, POLE, LENGTH, FORCE, DT = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02


class Carts:
    def __init__(self, n, seed):
        self.n, self.rng = n, np.random.default_rng(seed)

    def reset(self):
        self.state = self.rng.uniform(-0.05, 0.05, (self.n, 4))
        self.alive = np.ones(self.n, dtype=bool)
        return self.state.astype(np.float32)

    def step(self, action):
        x, v, angle, spin = self.state.T
        force = np.where(action == 1, FORCE, -FORCE)
        temp = (force + POLE * LENGTH * spin**2 * np.sin(angle)) / (CART + POLE)
        turn = (GRAVITY * np.sin(angle) - np.cos(angle) * temp) / (
            LENGTH * (4 / 3 - POLE * np.cos(angle) ** 2 / (CART + POLE))
        )
        push = temp - POLE * LENGTH * turn * np.cos(angle) / (CART + POLE)
        self.state = np.stack([x + DT * v, v + DT * push, angle + DT * spin, spin + DT * turn], 1)
        self.alive &= (np.abs(self.state[:, 0]) < 2.4) & (np.abs(self.state[:, 2]) < 12 * math.pi / 180)
        return self.state.astype(np.float32), self.alive.astype(np.float32)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, state):
        return Categorical(logits=self.net(state))


def returns(rewards, gamma=0.98):
    total, out = torch.zeros_like(rewards[0]), []
    for r in reversed(rewards):
        total = r + gamma * total
        out.append(total)
    return torch.stack(out[::-1])


def play(policy, carts, longest=120, learn=True):
    state, logs, rewards, masks = carts.reset(), [], [], []
    for _ in range(longest):
        masks.append(torch.from_numpy(carts.alive.astype(np.float32)))
        chance = policy(torch.from_numpy(state))
        action = chance.sample() if learn else chance.probs.argmax(1)
        logs.append(chance.log_prob(action))
        state, reward = carts.step(action.numpy())
        rewards.append(torch.from_numpy(reward))
        if not carts.alive.any():
            break
    return torch.stack(logs), torch.stack(masks), rewards


torch.manual_seed(1)
policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=2e-2)
carts = Carts(32, seed=1)
for episode in range(50):
    logs, masks, rewards = play(policy, carts)
    gain = returns(rewards)
    advantage = (gain - gain.mean(1, keepdim=True)) / (gain.std() + 1e-6)
    loss = -(logs * advantage * masks).sum() / masks.sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if episode % 10 == 0:
        print(f"episode {episode} mean length {masks.sum(0).mean().item():.1f}")

with torch.no_grad():
    _, masks, _ = play(policy, Carts(64, seed=99), learn=False)
print(f"metric: mean_length {masks.sum(0).mean().item():.2f}")
