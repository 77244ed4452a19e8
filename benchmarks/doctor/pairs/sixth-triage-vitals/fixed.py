"""Emergency triage from vital signs, functional style: parameters in a dictionary."""
import torch
import torch.nn.functional as F


def patients(n, gen):
    age = torch.rand(n, generator=gen) * 70 + 18
    pulse = torch.randn(n, generator=gen) * 18 + 85
    pressure = torch.randn(n, generator=gen) * 20 + 125
    oxygen = 0.99 - 0.06 * torch.rand(n, generator=gen) ** 2
    lactate = torch.exp(0.5 * torch.randn(n, generator=gen))
    white = torch.randn(n, generator=gen) * 2500 + 8500
    risk = (0.03 * (age - 50) + 0.035 * (pulse - 85).abs() + 0.02 * (120 - pressure) + 45 * (0.97 - oxygen)
            + 1.0 * (lactate - 1) + 0.0003 * (white - 8500))
    y = torch.bucketize(risk + 0.2 * torch.randn(n, generator=gen), torch.tensor([0.0, 1.3]))
    return torch.stack([age, pulse, pressure, oxygen, lactate, white], dim=1), y


def init(sizes, gen):
    return {f"{kind}{i}": (torch.randn(b, a, generator=gen) * (2 / a) ** 0.5 if kind == "w" else torch.zeros(b)).requires_grad_()
            for i, (a, b) in enumerate(zip(sizes, sizes[1:])) for kind in "wb"}


def net(params, x):
    depth = len(params) // 2
    for i in range(depth):
        x = F.linear(x, params[f"w{i}"], params[f"b{i}"])
        if i < depth - 1:
            x = F.leaky_relu(x, 0.1)
    return x


gen = torch.Generator().manual_seed(52)
x, y = patients(2000, gen)
x_test, y_test = patients(800, gen)
centre, spread = x.mean(dim=0), x.std(dim=0)
x, x_test = (x - centre) / spread, (x_test - centre) / spread

params = init([6, 48, 48, 3], gen)
momentum = {k: torch.zeros_like(v) for k, v in params.items()}
lr, mu = 0.02, 0.9
for epoch in range(25):
    total = 0.0
    for rows in torch.randperm(len(x), generator=gen).split(40):
        loss = F.cross_entropy(net(params, x[rows]), y[rows])
        loss.backward()
        with torch.no_grad():
            for k, p in params.items():
                momentum[k].mul_(mu).add_(p.grad)
                p.sub_(lr * momentum[k])
                p.grad = None
        total += loss.item() * len(rows)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {total / len(x):.4f}")

with torch.no_grad():
    accuracy = (net(params, x_test).argmax(1) == y_test).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
