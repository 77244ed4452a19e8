"""Deep Q-learning with a replay memory and a target network on a small grid with walls."""

import random
from collections import deque
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import nn

SIZE, GOAL = 5, (4, 4)
WALLS = {(1, 1), (1, 2), (3, 3), (2, 3)}
MOVES = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def encode(place):
    x = torch.zeros(SIZE * SIZE)
    x[place[0] * SIZE + place[1]] = 1.0
    return x


def move(place, action):
    row, col = place[0] + MOVES[action][0], place[1] + MOVES[action][1]
    if not (0 <= row < SIZE and 0 <= col < SIZE) or (row, col) in WALLS:
        row, col = place
    done = (row, col) == GOAL
    return (row, col), (1.0 if done else -0.02), done


class QNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(SIZE * SIZE, 64)
        self.out = nn.Linear(64, len(MOVES))

    def forward(self, x):
        return self.out(F.relu(self.hidden(x)))


def learn(q, target, memory, optimizer, gamma=0.95, batch=64):
    states, actions, rewards, nexts, dones = zip(*random.sample(memory, batch))
    states, nexts = torch.stack(states), torch.stack(nexts)
    actions = torch.tensor(actions).unsqueeze(1)
    rewards, dones = torch.tensor(rewards), torch.tensor(dones, dtype=torch.float32)
    with torch.no_grad():
        goal = rewards + gamma * (1 - dones) * target(nexts).max(1).values
    loss = F.smooth_l1_loss(q(states).gather(1, actions).squeeze(1), goal)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def main():
    random.seed(0)
    torch.manual_seed(0)
    q = QNetwork()
    target = deepcopy(q)
    optimizer = torch.optim.Adam(q.parameters(), lr=1e-3)
    memory = deque(maxlen=5000)
    steps = 0
    for episode in range(120):
        place, epsilon = (0, 0), max(0.1, 1 - episode / 80)
        for _ in range(60):
            x = encode(place)
            if random.random() < epsilon:
                action = random.randrange(4)
            else:
                with torch.no_grad():
                    action = int(q(x).argmax())
            new, reward, done = move(place, action)
            memory.append((x, action, reward, encode(new), float(done)))
            place, steps = new, steps + 1
            if len(memory) >= 200:
                loss = learn(q, target, memory, optimizer)
            if steps % 100 == 0:
                target.load_state_dict(q.state_dict())
            if done:
                break
        if episode % 30 == 29:
            print(f"episode {episode + 1}: {steps} steps, loss {loss:.5f}")

    place, taken = (0, 0), 0
    with torch.no_grad():
        while place != GOAL and taken < 50:
            place, _, _ = move(place, int(q(encode(place)).argmax()))
            taken += 1
    print(f"metric: steps_to_goal {taken}")


main()
