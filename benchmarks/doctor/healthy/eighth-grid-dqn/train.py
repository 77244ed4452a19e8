"""DQN on a small windy grid; the agent walks from the left edge to a goal."""
import copy
import random
from collections import deque

import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(1)
torch.manual_seed(1)

SIZE = 6
GOAL = (5, 3)
PITS = {(2, 2), (3, 4), (4, 1)}
MOVES = [(1, 0), (-1, 0), (0, 1), (0, -1)]


class Grid:
    def reset(self):
        self.pos = (0, random.randrange(SIZE))
        self.t = 0
        return self.obs()

    def obs(self):
        v = torch.zeros(2 * SIZE)
        v[self.pos[0]] = 1.0
        v[SIZE + self.pos[1]] = 1.0
        return v

    def step(self, a):
        dx, dy = MOVES[a]
        x = min(max(self.pos[0] + dx, 0), SIZE - 1)
        y = min(max(self.pos[1] + dy, 0), SIZE - 1)
        self.pos = (x, y)
        self.t += 1
        if self.pos == GOAL:
            return self.obs(), 1.0, True
        if self.pos in PITS:
            return self.obs(), -1.0, True
        return self.obs(), -0.02, self.t >= 40


q_net = nn.Sequential(nn.Linear(2 * SIZE, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
target_net = copy.deepcopy(q_net).requires_grad_(False)
opt = torch.optim.Adam(q_net.parameters(), lr=1e-3)
memory = deque(maxlen=5000)
env, gamma, eps, updates = Grid(), 0.95, 1.0, 0


def replay(batch_size=64):
    batch = random.sample(memory, batch_size)
    s, a, r, s2, d = zip(*batch)
    s, s2 = torch.stack(s), torch.stack(s2)
    a, r, d = torch.tensor(a), torch.tensor(r), torch.tensor(d, dtype=torch.float32)
    q = q_net(s).gather(1, a.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = q_net(s2).argmax(1, keepdim=True)
        y = r + gamma * (1 - d) * target_net(s2).gather(1, best).squeeze(1)
    loss = F.smooth_l1_loss(q, y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(q_net.parameters(), 10.0)
    opt.step()
    return loss.item()


for episode in range(350):
    s, done, last = env.reset(), False, 0.0
    while not done:
        if random.random() < eps:
            a = random.randrange(4)
        else:
            with torch.no_grad():
                a = q_net(s).argmax().item()
        s2, r, done = env.step(a)
        memory.append((s, a, r, s2, done))
        s = s2
        if len(memory) >= 200:
            last = replay()
            updates += 1
            if updates % 100 == 0:
                target_net.load_state_dict(q_net.state_dict())
    eps = max(0.05, eps * 0.985)
    if episode % 50 == 49:
        print(f"episode {episode + 1} eps {eps:.2f} loss {last:.5f}")

returns = []
for row in range(SIZE):
    s, done, total = env.reset(), False, 0.0
    env.pos = (0, row)
    s = env.obs()
    while not done:
        with torch.no_grad():
            s, r, done = env.step(q_net(s).argmax().item())
        total += r
    returns.append(total)
print(f"metric: return {sum(returns) / len(returns):.4f}")
