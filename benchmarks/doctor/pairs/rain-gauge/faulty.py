import numpy as np
import torch
import torch.nn as nn

# Landslide displacement (mm/week) from antecedent rain, slope and groundwater level
torch.manual_seed(17)
generator = np.random.RandomState(17)


def weekly_records(n):
    rain7 = generator.gamma(1.0, 18.0, n)
    rain7[generator.rand(n) < 0.02] = 0.0          # dry weeks
    rain30 = rain7 + generator.gamma(4.0, 20.0, n)
    slope = generator.uniform(8, 38, n)
    level = generator.normal(-6.0, 1.8, n)
    wet = np.log1p(rain7) + 0.8 * np.log(rain30)
    creep = 0.9 * np.maximum(wet - 4.5, 0) * np.tan(np.radians(slope)) * (1 + 0.25 * (level + 6)) + 1.2
    return rain7, rain30, slope, level, creep + generator.normal(0, 0.22, n)


def features(rain7, rain30, slope, level):
    # rain is heavy-tailed, so take its logarithm
    columns = [
        np.log(rain7),
        np.log(rain30),
        slope / 45,
        level,
    ]
    return np.stack(columns, axis=1)


*train_cols, y_train = weekly_records(1500)
*test_cols, y_test = weekly_records(400)
X_train, X_test = features(*train_cols), features(*test_cols)

X_train = torch.tensor(X_train, dtype=torch.float32)
X_test = torch.tensor(X_test, dtype=torch.float32)
Y_train = torch.tensor(y_train, dtype=torch.float32)[:, None]
Y_test = torch.tensor(y_test, dtype=torch.float32)[:, None]
centre = torch.tensor([3.0, 4.5, 0.5, -6.0])
width = torch.tensor([1.0, 0.5, 0.2, 1.8])
X_train = (X_train - centre) / width
X_test = (X_test - centre) / width

model = nn.Sequential(nn.Linear(4, 40), nn.GELU(), nn.Linear(40, 40), nn.GELU(), nn.Linear(40, 1))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=30)
mse = nn.MSELoss()

for epoch in range(30):
    order = torch.randperm(len(X_train))
    losses = []
    for start in range(0, len(order), 50):
        pick = order[start:start + 50]
        opt.zero_grad(set_to_none=True)
        loss = mse(model(X_train[pick]), Y_train[pick])
        loss.backward()
        opt.step()
        losses.append(loss.item())
    sched.step()
    with torch.no_grad():
        test = mse(model(X_test), Y_test).item()
    if epoch % 3 == 2:
        print(f"{epoch + 1:02d}: train {np.mean(losses):.4f}  test {test:.4f}  lr {sched.get_last_lr()[0]:.2e}")

print(f"metric: r2 {1 - test / Y_test.var(unbiased=False).item():.4f}")
