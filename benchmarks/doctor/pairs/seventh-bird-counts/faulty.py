"""Log bird abundance at monitoring sites: habitat effect plus one random intercept per site."""
import numpy as np
import torch
import torch.nn as nn

rng = np.random.RandomState(5)
torch.manual_seed(5)

n_sites, visits = 40, 30
intercepts = rng.normal(0, 1.2, n_sites)
site = np.repeat(np.arange(n_sites), visits)
habitat = rng.normal(0, 1, (len(site), 4))
log_count = (intercepts[site] + 0.5 * np.tanh(habitat[:, 0]) - 0.4 * habitat[:, 1] * (habitat[:, 2] > 0)
             + rng.normal(0, 0.25, len(site)))
held_out = np.arange(len(site)) % 5 == 0

S = torch.from_numpy(site)
H = torch.from_numpy(habitat).float()
Y = torch.from_numpy(log_count).float()
test = torch.from_numpy(held_out)


class Abundance(nn.Module):
    def __init__(self, n_sites, n_habitat):
        super().__init__()
        self.habitat = nn.Sequential(nn.Linear(n_habitat, 24), nn.Tanh(), nn.Linear(24, 1))
        self.site = [nn.Parameter(torch.zeros(1)) for _ in range(n_sites)]

    def forward(self, site, habitat):
        alpha = torch.cat(list(self.site))
        return alpha[site] + self.habitat(habitat).squeeze(1)


model = Abundance(n_sites, 4)
opt = torch.optim.Adam(model.parameters(), lr=0.01)
train_idx = torch.nonzero(~test).squeeze(1)
for epoch in range(40):
    model.train()
    for b in train_idx[torch.randperm(len(train_idx))].split(48):
        loss = ((model(S[b], H[b]) - Y[b]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, "mse", round(loss.item(), 4))

model.eval()
with torch.no_grad():
    res = Y[test] - model(S[test], H[test])
r2 = 1 - res.var().item() / Y[test].var().item()
print("metric: r2", r2)
