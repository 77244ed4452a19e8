"""Three cultivars of wine, configured by a dictionary."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_wine
from torch import nn

CONFIG = {"hidden": [32, 32], "lr": 0.02, "steps": 900, "batch": 24, "test_share": 0.3, "seed": 3}


def load(config):
    rng = np.random.default_rng(config["seed"])
    x, y = load_wine(return_X_y=True)
    order = rng.permutation(len(x))
    cut = int(len(x) * config["test_share"])
    test, train = order[:cut], order[cut:]
    x, y = torch.from_numpy(x).float(), torch.from_numpy(y)
    return x[train], y[train], x[test], y[test]


def build(n_in, widths, n_out):
    net = nn.Sequential()
    for i, width in enumerate(widths):
        net.add_module(f"fc{i}", nn.Linear(n_in, width))
        net.add_module(f"act{i}", nn.ReLU())
        n_in = width
    net.add_module("out", nn.Linear(n_in, n_out))
    return net


def run(config):
    torch.manual_seed(config["seed"])
    x_train, y_train, x_test, y_test = load(config)
    net = build(x_train.shape[1], config["hidden"], 3)
    opt = torch.optim.SGD(net.parameters(), lr=config["lr"])
    for step in range(config["steps"]):
        pick = torch.randint(0, len(x_train), (config["batch"],))
        loss = F.cross_entropy(net(x_train[pick]), y_train[pick])
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 100 == 99:
            print(f"step {step + 1} loss {loss.item():.3f}")
    net.eval()
    with torch.no_grad():
        return (net(x_test).argmax(1) == y_test).float().mean().item()


print(f"metric: accuracy {run(CONFIG):.4f}")
