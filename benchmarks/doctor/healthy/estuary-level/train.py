"""One-hour-ahead water level in an estuary; a stateful GRU walks through the record in order."""
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(40)
rng = np.random.default_rng(40)

hours = np.arange(6000)
tide = 1.1 * np.sin(2 * np.pi * hours / 12.42) + 0.4 * np.sin(2 * np.pi * hours / 12.0) + 0.2 * np.sin(2 * np.pi * hours / 25.8)
wind = np.zeros(6000)
for k in range(1, 6000):
    wind[k] = 0.95 * wind[k - 1] + 0.3 * rng.standard_normal()
surge = np.convolve(wind, np.exp(-np.arange(24) / 8.0) / 8.0)[:6000]
level = tide + 0.6 * surge + 0.03 * rng.standard_normal(6000)

series = np.stack([level, wind], 1).astype(np.float32)
series = (series - series[:4800].mean(0)) / series[:4800].std(0)

# eight parallel stretches of the record, each read from start to end
STREAMS, CHUNK = 8, 40
train = torch.from_numpy(series[:4800].reshape(STREAMS, 600, 2))
test = torch.from_numpy(series[4800:])[None]


class LevelGRU(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x, state=None):
        h, state = self.gru(x, state)
        return x[..., 0] + self.out(h).squeeze(-1), state


model = LevelGRU()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(25):
    state, total, chunks = None, 0.0, 0
    for a in range(0, 599 - CHUNK, CHUNK):
        x = train[:, a:a + CHUNK]
        y = train[:, a + 1:a + CHUNK + 1, 0]
        pred, state = model(x, state)
        loss = nn.functional.mse_loss(pred, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.detach()
        total, chunks = total + loss.item(), chunks + 1
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: {total / chunks:.4f}")

model.eval()
with torch.no_grad():
    pred, _ = model(test[:, :-1])
err = (pred - test[:, 1:, 0])[0, 48:]
naive = (test[:, :-1, 0] - test[:, 1:, 0])[0, 48:]
print("metric: skill_vs_persistence", 1 - (err.pow(2).mean() / naive.pow(2).mean()).item())
