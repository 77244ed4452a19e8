import torch
import torch.nn.functional as F

torch.manual_seed(18)


def scada(n):
    """Normalised 10-minute records: wind speed, air density, yaw error, turbulence -> power."""
    wind = torch.distributions.Weibull(9.0, 2.2).sample((n,))
    rho = 1.225 + 0.05 * torch.randn(n)
    yaw = 0.15 * torch.randn(n)
    ti = 0.05 + 0.1 * torch.rand(n)
    v = wind * torch.cos(yaw) * (rho / 1.225) ** (1 / 3) * (1 + 0.3 * ti)
    power = torch.clamp(((v - 3) / 9).clamp(min=0) ** 2.2, max=1.0) * (v < 25)
    power = power + 0.03 * torch.randn(n)
    return torch.stack([wind, rho, yaw, ti], 1), power.unsqueeze(1)


def standardise(a, ref):
    return (a - ref.mean(0)) / ref.std(0)


raw_x, raw_y = scada(2000)
x_test, y_test = scada(500)
x_test, y_test = standardise(x_test, raw_x), standardise(y_test, raw_y)
x, y = standardise(raw_x, raw_x), standardise(raw_y, raw_y)


class PowerCurve(torch.nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        dims = [4] + [width] * depth
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(dims, dims[1:]))
        self.last = torch.nn.Linear(width, 1)

    def forward(self, h):
        for layer in self.hidden:
            h = F.leaky_relu(layer(h))
        return self.last(h)


learning_rate, momentum = 0.02, 0.9
model = PowerCurve()
optimizer = torch.optim.SGD(model.parameters(), momentum, learning_rate)

i = 0
for step in range(1200):
    if i == 0:
        perm = torch.randperm(len(x))
    batch = perm[i:i + 50]
    i = (i + 50) % len(x)
    optimizer.zero_grad()
    loss = F.mse_loss(model(x[batch]), y[batch])
    loss.backward()
    optimizer.step()
    if step % 200 == 199:
        print("step", step + 1, "loss", round(loss.item(), 4))

with torch.inference_mode():
    r2 = 1 - F.mse_loss(model(x_test), y_test) / y_test.var()
print("metric: r2", float(r2))
