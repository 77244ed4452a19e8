import argparse
import logging

import numpy as np
import torch
import torch.nn as nn

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("vibration")

p = argparse.ArgumentParser(description="Bearing state from short vibration recordings")
p.add_argument("--seed", type=int, default=4)
p.add_argument("--steps", type=int, default=40)
p.add_argument("--hidden", type=int, default=24)
p.add_argument("--epochs", type=int, default=15)
p.add_argument("--bs", type=int, default=32)
args = p.parse_args()

torch.manual_seed(args.seed)
rng = np.random.RandomState(args.seed)


def recordings(n):
    """Three axes; the state decides the period of the oscillation."""
    state = rng.randint(0, 3, n)
    t = np.arange(args.steps)
    period = np.array([20.0, 9.0, 5.0])[state] * rng.uniform(0.9, 1.1, n)
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    wave = np.stack([np.sin(2 * np.pi * t / period[:, None] + phase + k) for k in range(3)], axis=2)
    return (torch.tensor(wave + 0.2 * rng.randn(*wave.shape), dtype=torch.float32), torch.tensor(state))


class StateNet(nn.Module):
    def __init__(self, n_axes, hidden, n_states):
        super().__init__()
        self.rnn = nn.LSTM(n_axes, hidden, num_layers=1, batch_first=True)
        self.fc = nn.Linear(hidden, n_states)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(out[:, -1])


x_train, y_train = recordings(1200)
x_val, y_val = recordings(400)
net = StateNet(3, args.hidden, 3)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
ce = nn.CrossEntropyLoss()

for epoch in range(args.epochs):
    net.train()
    order = torch.randperm(len(x_train))
    losses = []
    for idx in order.split(args.bs):
        loss = ce(net(x_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(x_val).argmax(1) == y_val).float().mean().item()
    log.info("epoch %d train loss %.4f val acc %.4f", epoch, np.mean(losses), acc)

print("metric: accuracy", round(acc, 4))
