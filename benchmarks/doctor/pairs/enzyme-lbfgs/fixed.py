"""Rate of an enzyme with substrate inhibition, from plate-reader runs."""
import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(44)
torch.manual_seed(44)


def assay(n):
    substrate = rng.lognormal(1.0, 0.9, n)              # mM
    inhibitor = rng.exponential(1.5, n)                 # mM
    ph = rng.uniform(5.5, 8.5, n)
    celsius = rng.uniform(15, 45, n)
    vmax = 12 * np.exp(-((ph - 7.1) / 1.1) ** 2) * 1.9 ** ((celsius - 30) / 10)
    rate = vmax * substrate / (2.0 * (1 + inhibitor / 1.2) + substrate + substrate ** 2 / 25)
    rate = rate * rng.lognormal(0, 0.08, n) + rng.normal(0, 0.25, n)
    return np.column_stack([np.log(substrate), np.sqrt(inhibitor), ph, celsius]), rate


def prepare():
    x, y = assay(1200)
    x_new, y_new = assay(400)
    mean, std, y_mean, y_std = x.mean(0), x.std(0), y.mean(), y.std()
    scale = lambda a, b: (torch.tensor((a - mean) / std, dtype=torch.float32),
                          torch.tensor((b - y_mean) / y_std, dtype=torch.float32).reshape(-1, 1))
    return *scale(x, y), *scale(x_new, y_new)


x_train, y_train, x_test, y_test = prepare()
model = nn.Sequential(nn.Linear(4, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
mse = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(15):
    model.train()
    losses = []
    for batch in torch.randperm(len(x_train)).split(24):

        def closure():
            optimizer.zero_grad()
            loss = mse(model(x_train[batch]), y_train[batch])
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    model.eval()
    with torch.no_grad():
        test_mse = mse(model(x_test), y_test).item()
    print(f"epoch {epoch + 1:2d}: train {np.mean(losses):.4f} test {test_mse:.4f}")

print(f"metric: r2 {1 - test_mse / y_test.var(unbiased=False).item():.4f}")
