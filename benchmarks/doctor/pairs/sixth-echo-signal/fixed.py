"""Echo: the output depends on the input a while ago. Causal temporal convolutions."""
import torch
from torch import nn
import torch.nn.functional as F

LAG = 22


class CausalBlock(nn.Module):
    def __init__(self, channels: int, kernel: int, dilation: int):
        super().__init__()
        self.pad = (kernel - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)

    def forward(self, x):
        return x + self.mix(F.relu(self.conv(F.pad(x, (self.pad, 0)))))


class TCN(nn.Module):
    def __init__(self, channels=16, kernel=3, levels=4):
        super().__init__()
        self.inp = nn.Conv1d(1, channels, 1)
        self.levels = nn.ModuleList(CausalBlock(channels, kernel, 2 ** i) for i in range(levels))
        self.out = nn.Conv1d(channels, 1, 1)

    def forward(self, x):
        h = self.inp(x.unsqueeze(1))
        for level in self.levels:
            h = level(h)
        return self.out(h).squeeze(1)


def series(n, length, gen):
    x = torch.randn(n, length, generator=gen)
    echo = F.pad(x, (LAG, 0))[:, :length]
    near = F.pad(x, (2, 0))[:, :length]
    y = 0.9 * echo.abs() - 0.7 + 0.4 * torch.tanh(near * echo)
    return x, y + 0.05 * torch.randn(n, length, generator=gen)


torch.manual_seed(29)
gen = torch.Generator().manual_seed(29)
x, y = series(192, 96, gen)
xt, yt = series(48, 96, gen)
valid = slice(LAG, None)
model = TCN()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(35):
    for rows in torch.randperm(len(x), generator=gen).split(12):
        loss = F.mse_loss(model(x[rows])[:, valid], y[rows][:, valid])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 7 == 6:
        print(f"epoch {epoch + 1}: loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    rest = (model(xt) - yt)[:, valid].square().mean()
print(f"metric: r2 {1 - (rest / yt[:, valid].var()).item():.4f}")
