"""Double DQN on a small grid with a pit; replay buffer, hard-updated target network."""
import copy
import random
from collections import deque

import numpy as np
import torch
from torch import nn

torch.manual_seed(5)
random.seed(5)
rng = np.random.default_rng(5)

SIZE, GOAL, PITS = 5, (4, 4), {(2, 2), (1, 3), (3, 1)}
MOVES = [(-1, 0), (1, 0), (0, -1), (0, 1)]
GAMMA, MAX_T = 0.95, 30


class Grid:
    def reset(self, start=None):
        free = [(r, c) for r in range(SIZE) for c in range(SIZE) if (r, c) not in PITS and (r, c) != GOAL]
        self.pos = start or free[rng.integers(len(free))]
        self.t = 0
        return self.obs()

    def obs(self):
        v = np.zeros(2 * SIZE, dtype=np.float32)
        v[self.pos[0]] = 1
        v[SIZE + self.pos[1]] = 1
        return v

    def step(self, a):
        self.t += 1
        r = min(max(self.pos[0] + MOVES[a][0], 0), SIZE - 1)
        c = min(max(self.pos[1] + MOVES[a][1], 0), SIZE - 1)
        self.pos = (r, c)
        if self.pos == GOAL:
            return self.obs(), 1.0, True, False
        if self.pos in PITS:
            return self.obs(), -1.0, True, False
        return self.obs(), -0.02, False, self.t >= MAX_T   # truncation is not a terminal state


q = nn.Sequential(nn.Linear(2 * SIZE, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
target = copy.deepcopy(q).requires_grad_(False)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
buffer = deque(maxlen=5000)
env = Grid()


def act(obs, eps):
    if rng.random() < eps:
        return int(rng.integers(4))
    with torch.no_grad():
        return int(q(torch.from_numpy(obs)).argmax())


def learn(batch_size=64):
    s, a, r, s2, term = zip(*random.sample(buffer, batch_size))
    s, s2 = torch.from_numpy(np.stack(s)), torch.from_numpy(np.stack(s2))
    a = torch.tensor(a).unsqueeze(1)
    r, term = torch.tensor(r), torch.tensor(term, dtype=torch.float32)
    with torch.no_grad():
        best = q(s2).argmax(1, keepdim=True)
        y = r + GAMMA * (1 - term) * target(s2).gather(1, best).squeeze(1)
    loss = nn.functional.smooth_l1_loss(q(s).gather(1, a).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(q.parameters(), 5.0)
    opt.step()
    return loss.item()


STEPS, updates = 5000, 0
obs = env.reset()
for step in range(STEPS):
    eps = max(0.1, 1.0 - step / 2500)
    a = act(obs, eps)
    nxt, r, term, trunc = env.step(a)
    buffer.append((obs, a, r, nxt, term))
    obs = env.reset() if term or trunc else nxt
    if len(buffer) >= 300 and step % 2 == 0:
        td = learn()
        updates += 1
        if updates % 100 == 0:
            target.load_state_dict(q.state_dict())
        if updates % 500 == 0:
            print(f"step {step} eps {eps:.2f} td-loss {td:.4f}")

# greedy evaluation: one roll-out from each free cell, dynamics are deterministic
returns, reached = [], 0
for r0 in range(SIZE):
    for c0 in range(SIZE):
        if (r0, c0) in PITS or (r0, c0) == GOAL:
            continue
        obs, total, done = env.reset((r0, c0)), 0.0, False
        while not done:
            obs, r, term, trunc = env.step(act(obs, 0.0))
            total += r
            done = term or trunc
        reached += env.pos == GOAL
        returns.append(total)
print(f"reached the goal from {reached} of {len(returns)} starts")
print(f"metric: greedy_mean_return {np.mean(returns):.4f}")
