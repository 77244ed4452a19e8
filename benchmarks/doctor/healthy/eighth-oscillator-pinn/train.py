# Physics-informed fit of a damped oscillator  x'' + 2*d*x' + w0^2*x = 0,  x(0)=1, x'(0)=0
import math

import torch
import torch.nn as nn

torch.manual_seed(123)
torch.set_default_dtype(torch.float64)
d, w0 = 0.5, 4.0
w = math.sqrt(w0 ** 2 - d ** 2)


def exact(t):
    phi = math.atan(-d / w)
    return torch.exp(-d * t) * torch.cos(phi + w * t) / math.cos(phi)


class FCN(nn.Module):
    def __init__(self, width=24, depth=3):
        super().__init__()
        dims = [1] + [width] * depth
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(dims[:-1], dims[1:]))
        self.out = nn.Linear(width, 1)

    def forward(self, t):
        h = t
        for lin in self.hidden:
            h = torch.tanh(lin(h))
        return self.out(h)


t_phys = torch.linspace(0, 2, 60).view(-1, 1).requires_grad_(True)
t_zero = torch.zeros(1, 1, requires_grad=True)
pinn = FCN()
opt = torch.optim.LBFGS(pinn.parameters(), lr=1.0, max_iter=20, history_size=50, line_search_fn="strong_wolfe")
calls = 0


def closure():
    global calls
    calls += 1
    opt.zero_grad()
    u0 = pinn(t_zero)
    du0 = torch.autograd.grad(u0, t_zero, torch.ones_like(u0), create_graph=True)[0]
    u = pinn(t_phys)
    du = torch.autograd.grad(u, t_phys, torch.ones_like(u), create_graph=True)[0]
    ddu = torch.autograd.grad(du, t_phys, torch.ones_like(du), create_graph=True)[0]
    physics = ((ddu + 2 * d * du + w0 ** 2 * u) ** 2).mean()
    loss = ((u0 - 1) ** 2).sum() + 0.1 * (du0 ** 2).sum() + 1e-2 * physics
    loss.backward()
    return loss


for it in range(60):
    loss = opt.step(closure)
    if it % 15 == 14:
        print(f"outer {it + 1} closures {calls} loss {loss.item():.3e}")

t = torch.linspace(0, 2, 301).view(-1, 1)
with torch.no_grad():
    rel = (pinn(t) - exact(t)).norm() / exact(t).norm()
print(f"metric: relative_error {rel.item():.5f}")
