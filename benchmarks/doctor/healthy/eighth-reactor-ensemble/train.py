"""Eight small networks at once (torch.func) as a surrogate of a stirred reactor's conversion."""
import numpy as np
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

MEMBERS = 8


def conversion(temperature, residence, feed):
    """Arrhenius kinetics, second order, solved for the outlet."""
    k = 4e7 * np.exp(-7000.0 / temperature)
    kt = k * residence * feed
    return 1 + 1 / (2 * kt) - np.sqrt((1 + 1 / (2 * kt)) ** 2 - 1)


def experiments(n, rng):
    temperature = rng.uniform(320, 420, n)
    residence = 10 ** rng.uniform(0, 2, n)
    feed = rng.uniform(0.2, 3.0, n)
    x = np.stack([(temperature - 370) / 30, np.log10(residence) - 1, (feed - 1.6) / 0.8], 1)
    y = conversion(temperature, residence, feed) + rng.normal(0, 0.01, n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def member():
    return nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1), nn.Sigmoid())


def main():
    torch.manual_seed(21)
    rng = np.random.default_rng(21)
    x_train, y_train = experiments(600, rng)
    x_test, y_test = experiments(300, rng)

    base = member().to("meta")
    params, buffers = stack_module_state([member() for _ in range(MEMBERS)])

    def predict_one(p, b, x):
        return functional_call(base, (p, b), (x,)).squeeze(-1)

    predict_each = vmap(predict_one, in_dims=(0, 0, 0))
    predict_all = vmap(predict_one, in_dims=(0, 0, None))

    weights = [p for p in params.values()]
    optimizer = torch.optim.Adam(weights, lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=300, gamma=0.4)
    for step in range(1200):
        # a bootstrap sample of its own for every member
        index = torch.randint(0, len(x_train), (MEMBERS, 64))
        loss = (predict_each(params, buffers, x_train[index]) - y_train[index]).square().mean(1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 200 == 0:
            print(f"step {step:4d} mse per member {loss.item() / MEMBERS:.5f}")

    with torch.no_grad():
        each = predict_all(params, buffers, x_test)
        mean = each.mean(0)
        print(f"spread between members {each.std(0).mean():.4f}")
        r2 = 1 - (mean - y_test).square().sum() / (y_test - y_train.mean()).square().sum()
    print(f"metric: r2 {r2.item():.4f}")


if __name__ == "__main__":
    main()
