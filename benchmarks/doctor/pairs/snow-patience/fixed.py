"""Snow-water equivalent from passive microwave and terrain; training ends by itself when nothing is gained."""
import copy

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(83)
torch.manual_seed(83)


def pixels(n):
    swe = rng.gamma(2.2, 45, n)
    grain = rng.normal(1.0, 0.25, n).clip(0.4)
    forest = rng.beta(1.5, 2.5, n)
    elevation = rng.gamma(3, 350, n)
    air = 268 - 0.005 * elevation + rng.normal(0, 4, n)
    gone = 1 - np.exp(-swe * grain**2 / 110)
    tb19 = 0.97 * air - 22 * gone * (1 - forest) + rng.normal(0, 0.6, n)
    tb37 = 0.95 * air - 75 * gone * (1 - 0.7 * forest) + rng.normal(0, 0.6, n)
    tb10 = 0.98 * air - 5 * gone + rng.normal(0, 0.6, n)
    return np.column_stack([tb10, tb19, tb37, tb19 - tb37, grain, forest, elevation, air]), swe


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.waited, self.state = float("inf"), 0, None

    def __call__(self, value, model):
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            self.state = copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience


def standardiser(reference):
    mean, std = reference.mean(0), reference.std(0)
    return lambda a: torch.tensor((a - mean) / std, dtype=torch.float32)


(x, y), (x_val, y_val), (x_test, y_test) = pixels(1800), pixels(500), pixels(800)
to_x, to_y, unit = standardiser(x), standardiser(y), y.std()
x, x_val, x_test = map(to_x, (x, x_val, x_test))
y, y_val, y_test = map(to_y, (y, y_val, y_test))

model = nn.Sequential(
    nn.Linear(8, 64), nn.Tanh(),
    nn.Linear(64, 64), nn.Tanh(),
    nn.Linear(64, 1), nn.Flatten(0))
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
stopper = EarlyStopping(patience=8, min_delta=0.0002)

for epoch in range(60):
    model.train()
    for idx in torch.randperm(len(x)).split(64):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = nn.functional.mse_loss(model(x_val), y_val).item()
    print(f"epoch {epoch + 1:2d} loss {loss.item():.4f} val {val_loss:.4f}")
    if stopper(val_loss, model):
        break

model.load_state_dict(stopper.state)
with torch.no_grad():
    rmse = unit * nn.functional.mse_loss(model(x_test), y_test).sqrt().item()
print(f"metric: rmse_mm {rmse:.3f}")
