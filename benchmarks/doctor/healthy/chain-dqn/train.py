"""Double Q-learning with a target network on a corridor with slippery floor."""
import copy
import random
from collections import deque

import torch
from torch import nn

LENGTH, GAMMA = 9, 0.9


def move(state, action, rng):
    if rng.random() < 0.1:
        action = 1 - action
    nxt = max(0, state - 1) if action == 0 else state + 1
    if nxt == LENGTH - 1:
        return nxt, 1.0, True
    return nxt, (0.05 if nxt == 0 else 0.0), False


def encode(states):
    return nn.functional.one_hot(torch.as_tensor(states), LENGTH).float()


class Agent:
    def __init__(self, lr=3e-3):
        self.online = nn.Sequential(nn.Linear(LENGTH, 32), nn.ReLU(), nn.Linear(32, 2))
        self.target = copy.deepcopy(self.online).requires_grad_(False).eval()
        self.optimizer = torch.optim.Adam(self.online.parameters(), lr=lr)

    @torch.no_grad()
    def act(self, state, eps, rng):
        if rng.random() < eps:
            return rng.randrange(2)
        return int(self.online(encode([state])).argmax(1))

    def learn(self, batch):
        s, a, r, s2, done = zip(*batch)
        q = self.online(encode(s)).gather(1, torch.tensor(a)[:, None]).squeeze(1)
        with torch.no_grad():
            best = self.online(encode(s2)).argmax(1, keepdim=True)
            bootstrap = self.target(encode(s2)).gather(1, best).squeeze(1)
            goal = torch.tensor(r) + GAMMA * bootstrap * (1 - torch.tensor(done, dtype=torch.float32))
        loss = nn.functional.smooth_l1_loss(q, goal)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            for p, t in zip(self.online.parameters(), self.target.parameters()):
                t.lerp_(p, 0.02)
        return loss.item()


def exact_values():
    v = torch.zeros(LENGTH)
    for _ in range(400):
        for s in range(LENGTH - 1):
            def q(a):
                total = 0.0
                for real, p in ((a, 0.9), (1 - a, 0.1)):
                    n = max(0, s - 1) if real == 0 else s + 1
                    total += p * (1.0 if n == LENGTH - 1 else (0.05 if n == 0 else 0.0) + GAMMA * v[n].item())
                return total
            v[s] = max(q(0), q(1))
    return v


def main():
    torch.manual_seed(1)
    rng = random.Random(1)
    agent, memory, losses = Agent(), deque(maxlen=4000), []
    state, age = 0, 0
    for step in range(3500):
        action = agent.act(state, max(0.2, 1 - step / 1500), rng)
        nxt, reward, done = move(state, action, rng)
        memory.append((state, action, reward, nxt, done))
        age += 1
        state, age = (rng.randrange(LENGTH - 1), 0) if done or age > 60 else (nxt, age)
        if len(memory) > 200:
            losses.append(agent.learn(rng.sample(memory, 32)))
        if step % 500 == 499:
            print(f"step {step + 1} loss {sum(losses[-200:]) / 200:.5f}")
    with torch.no_grad():
        learned = agent.online(encode(list(range(LENGTH - 1)))).max(1).values
    v = exact_values()[:-1]
    print(f"metric: r2 {1 - ((learned - v).square().sum() / (v - v.mean()).square().sum()).item():.4f}")


main()
