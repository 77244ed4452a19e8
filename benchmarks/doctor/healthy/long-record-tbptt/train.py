"""One long soil-moisture record, read in order in parallel strands, state carried over from chunk to chunk."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(81)
rng = np.random.default_rng(81)
N = 9000
rain = rng.gamma(0.6, 6, N) * (rng.random(N) < 0.3)
demand = 2.5 + 1.5 * np.sin(2 * np.pi * np.arange(N) / 365)
store = np.zeros(N)
for t in range(1, N):
    gain = store[t - 1] + rain[t]
    store[t] = np.clip(gain - demand[t] * gain / 80 - 0.1 * max(gain - 50, 0), 0, 100)
moisture = store / 100 + rng.normal(0, 0.01, N)

x = torch.tensor(np.stack([(rain - 1.1) / 3.5, (demand - 2.5) / 1.1], 1), dtype=torch.float32)
y = torch.tensor((moisture - moisture[:7200].mean()) / moisture[:7200].std(), dtype=torch.float32)
STRANDS, CHUNK = 12, 30
x_train = x[:7200].view(STRANDS, -1, 2)
y_train = y[:7200].view(STRANDS, -1)


class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(2, 24, batch_first=True)
        self.out = nn.Linear(24, 1)

    def forward(self, x, state=None):
        h, state = self.cell(x, state)
        return self.out(h).squeeze(-1), state


net = Memory()
nn.init.constant_(net.cell.bias_hh_l0[24:48], 2.0)
optimizer = torch.optim.Adam(net.parameters(), lr=8e-3)
for epoch in range(14):
    state, losses = None, []
    for k in range(0, x_train.shape[1], CHUNK):
        guess, state = net(x_train[:, k:k + CHUNK], state)
        loss = nn.functional.mse_loss(guess, y_train[:, k:k + CHUNK])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        state = tuple(s.detach() for s in state)
        losses.append(loss.item())
    if epoch % 3 == 1:
        print(f"pass {epoch + 1} mse {np.mean(losses):.4f}")

net.eval()
with torch.no_grad():
    guess, _ = net(x[None, 6800:])
    nse = 1 - (guess[0, 400:] - y[7200:]).square().sum() / (y[7200:] - y[7200:].mean()).square().sum()
print(f"metric: nse {nse:.4f}")
