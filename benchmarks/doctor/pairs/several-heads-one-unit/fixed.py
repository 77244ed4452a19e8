import torch, torch.nn as nn
torch.manual_seed(2)
N = 3000
x = torch.randn(N, 8)
level = x[:, 0] * 2 + x[:, 1].abs() + 0.1 * torch.randn(N)
flow = (x[:, 2].exp() + x[:, 3]) * 1
alarm = ((x[:, 4] + x[:, 5]) > 0.5).float()
class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(8, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.heads = nn.ModuleDict({k: nn.Linear(64, 1) for k in ("level", "flow", "alarm")})
    def forward(self, x):
        h = self.trunk(x)
        return {k: head(h).squeeze(1) for k, head in self.heads.items()}
losses = {"level": nn.MSELoss(), "flow": nn.MSELoss(), "alarm": nn.BCEWithLogitsLoss()}
target = {"level": level, "flow": flow, "alarm": alarm}
net = Heads(); opt = torch.optim.Adam(net.parameters(), 2e-3)
for epoch in range(25):
    for i in torch.randperm(2400).split(64):
        out = net(x[i])
        loss = sum(losses[k](out[k], target[k][i]) for k in losses)
        opt.zero_grad(); loss.backward(); opt.step()
with torch.no_grad():
    out = net(x[2400:])
print("metric: r2_level", 1 - ((out["level"].reshape(-1) - level[2400:]) ** 2).mean().item() / level[2400:].var().item())
