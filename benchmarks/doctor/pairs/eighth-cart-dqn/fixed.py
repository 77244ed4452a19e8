import copy
import random
from collections import deque, namedtuple

import torch
import torch.nn as nn

SEED = 4
random.seed(SEED)
torch.manual_seed(SEED)
Transition = namedtuple("Transition", "state action reward next_state done")


class Docking:
    """A cart with thrusters has to come to rest at the origin."""

    def reset(self):
        self.x, self.v, self.t = random.uniform(-1, 1), 0.0, 0
        return torch.tensor([self.x, self.v])

    def step(self, action):
        self.v = 0.9 * self.v + 0.12 * (action - 1)
        self.x = max(-1.5, min(1.5, self.x + self.v * 0.5))
        self.t += 1
        reward = 1.0 - min(1.0, abs(self.x)) - 0.2 * abs(self.v)
        return torch.tensor([self.x, self.v]), reward, self.t >= 30


class DQN(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(2, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 3)

    def forward(self, s):
        return self.l3(torch.relu(self.l2(torch.relu(self.l1(s)))))


policy = DQN()
target = copy.deepcopy(policy)
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-3)
buffer = deque(maxlen=4000)
GAMMA, BATCH, TAU = 0.9, 64, 0.02


def optimize_model():
    batch = Transition(*zip(*random.sample(buffer, BATCH)))
    state = torch.stack(batch.state)
    action = torch.tensor(batch.action).unsqueeze(1)
    reward = torch.tensor(batch.reward)
    next_state = torch.stack(batch.next_state)
    q = policy(state).gather(1, action).squeeze(1)
    with torch.no_grad():
        next_q = target(next_state).max(1).values
    expected = reward + GAMMA * next_q
    loss = nn.functional.smooth_l1_loss(q, expected)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for tp, pp in zip(target.parameters(), policy.parameters()):
            tp.lerp_(pp, TAU)
    return loss.item()


env = Docking()
for episode in range(70):
    eps = max(0.05, 1.0 - episode / 40)
    s, done, score = env.reset(), False, 0.0
    while not done:
        if random.random() < eps:
            a = random.randrange(3)
        else:
            with torch.no_grad():
                a = policy(s).argmax().item()
        s2, r, done = env.step(a)
        buffer.append(Transition(s, a, r, s2, done))
        s, score = s2, score + r
        if len(buffer) >= 200:
            last = optimize_model()
    if episode % 10 == 9:
        print(f"episode {episode + 1}: score {score:.2f} loss {last:.4f}")

scores = []
for _ in range(40):
    s, done, score = env.reset(), False, 0.0
    while not done:
        with torch.no_grad():
            s, r, done = env.step(policy(s).argmax().item())
        score += r
    scores.append(score)
print(f"metric: mean_score {sum(scores) / len(scores):.3f}")
