"""Echo-state network for El Nino: the recurrent part is random and stays so; only the readout is learnt."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(10)
rng = np.random.default_rng(10)

n = 2200
x = np.zeros(n)
h = np.zeros(n)
for t in range(1, n):
    x[t] = x[t - 1] + 0.1 * (0.9 * x[t - 1] + 2.0 * h[t - 1] - 1.1 * x[t - 1] ** 3) + 0.03 * rng.normal()
    h[t] = h[t - 1] + 0.1 * (-0.25 * h[t - 1] - 1.2 * x[t - 1]) + 0.03 * rng.normal()
drive = torch.tensor(np.stack([x, h], 1) / np.array([x.std(), h.std()]), dtype=torch.float32)


class Reservoir(nn.Module):
    def __init__(self, n_in, size, radius=0.85):
        super().__init__()
        w = torch.randn(size, size) * (torch.rand(size, size) < 0.1)
        self.register_buffer("w", w * radius / torch.linalg.eigvals(w).abs().max())
        self.register_buffer("w_in", 0.4 * torch.randn(size, n_in))
        self.readout = nn.Linear(size, 1)

    @torch.no_grad()
    def states(self, drive):
        state, out = torch.zeros(self.w.shape[0]), []
        for u in drive:
            state = 0.6 * state + 0.4 * torch.tanh(self.w @ state + self.w_in @ u)
            out.append(state)
        return torch.stack(out)

    def forward(self, state):
        return self.readout(state).squeeze(-1)


model = Reservoir(2, 150)
lead, spin = 8, 100
states = model.states(drive)[spin:-lead]
target = drive[spin + lead:, 0]
cut = 1500
centre, spread = states[:cut].mean(0), states[:cut].std(0)
states = (states - centre) / spread
optimizer = torch.optim.Adam(model.readout.parameters(), lr=5e-3, weight_decay=1e-3)
for epoch in range(25):
    for idx in torch.randperm(cut).split(50):
        loss = nn.functional.mse_loss(model(states[idx]), target[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

with torch.no_grad():
    guess = model(states[cut:])
correlation = torch.corrcoef(torch.stack([guess, target[cut:]]))[0, 1]
print(f"metric: correlation {correlation:.4f}")
