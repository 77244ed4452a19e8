import torch, math
from torch import nn
from sklearn.datasets import make_moons
torch.manual_seed(0)
x, _ = make_moons(1800, noise=0.05, random_state=0)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32) * 0.05
test, x = x[:400], x[400:]
class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    def forward(self, v):
        a, b = (v[:, 1:], v[:, :1]) if self.flip else (v[:, :1], v[:, 1:])
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s)
        b = (b - t) * torch.exp(-s)
        return (torch.cat([b, a], 1) if self.flip else torch.cat([a, b], 1)), -s.sum(1)
class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList(Coupling(i % 2 == 0) for i in range(4))
        self.scale = nn.Parameter(torch.zeros(2))
    def log_prob(self, v):
        z, total = v * torch.exp(-self.scale), -self.scale.sum()
        for p in self.parts:
            z, d = p(z); total = total + d
        return -0.5 * (z ** 2).sum(1) - math.log(2 * math.pi) + total
flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=2e-3)
for epoch in range(12):
    for b in torch.randperm(len(x)).split(64):
        loss = -flow.log_prob(x[b]).mean()
        opt.zero_grad(); loss.backward(); opt.step()
with torch.no_grad():
    print("metric: nll", -flow.log_prob(test).mean().item())
