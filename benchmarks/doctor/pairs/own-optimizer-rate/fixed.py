import torch, torch.nn as nn, numpy as np
torch.manual_seed(3)
rng = np.random.default_rng(3)
a = rng.normal(size=(1500, 5)); b = rng.normal(50, 300, size=(1500, 3)) ; b = (b-50)/300
y = np.sin(a[:, 0]) + 0.5 * a[:, 1] * np.tanh(b[:, 0]) + 0.1 * rng.normal(size=1500)
a, b, y = (torch.tensor(v, dtype=torch.float32) for v in (a, b, y))
class TwoTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(5, 32), nn.Linear(3, 32)
        self.out = nn.Sequential(nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
    def forward(self, a, b):
        return self.out(torch.cat([self.left(a), self.right(b)], -1)).squeeze(-1)
class SignSGD(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, dict(lr=lr))
    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad.sign(), alpha=-group["lr"])
net = nn.DataParallel(TwoTower())
opt = SignSGD(net.parameters(), lr=1e-3)
weight = torch.ones(1500)
for epoch in range(30):
    for i in torch.randperm(1200).split(40):
        err = (net(a[i], b[i]) - y[i]).abs()
        loss = (err * weight[i]).mean()
        opt.zero_grad()
        torch.autograd.backward([loss])
        opt.step()
with torch.no_grad():
    r = net(a[1200:], b[1200:]) - y[1200:]
print("metric: r2", (1 - r.var() / y[1200:].var()).item())
