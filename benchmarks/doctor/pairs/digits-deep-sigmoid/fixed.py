"""A deep stack of equal layers on digits, chosen by a table of activations."""
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
HPARAMS = {"activation": "relu", "depth": 7, "width": 48, "lr": 0.05, "epochs": 10}


def network(h):
    parts, width = [], 64
    for _ in range(h["depth"]):
        parts.append(nn.Linear(width, h["width"]))
        parts.append(nn.BatchNorm1d(h["width"]) if False else nn.Identity())
        parts.append(ACTIVATIONS[h["activation"]]())
        width = h["width"]
    parts.append(nn.Linear(width, 10))
    model = nn.Sequential(*parts)
    for m in model.modules():
        if isinstance(m, nn.Linear):
            nn.init.kaiming_normal_(m.weight)
    return model


def main(h):
    torch.manual_seed(2)
    data = load_digits()
    x, y = torch.tensor(data.data / 16, dtype=torch.float32), torch.tensor(data.target)
    order = torch.randperm(len(x))
    train = DataLoader(TensorDataset(x[order[:1350]], y[order[:1350]]), 27, shuffle=True)
    model = network(h)
    opt = torch.optim.SGD(model.parameters(), lr=h["lr"])
    for epoch in range(h["epochs"]):
        model.train()
        mean = 0.0
        for xb, yb in train:
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
            mean += loss.item() / len(train)
        print(f"epoch {epoch}: {mean:.4f}")
    model.eval()
    with torch.no_grad():
        return (model(x[order[1350:]]).argmax(1) == y[order[1350:]]).float().mean().item()


print(f"metric: accuracy {main(HPARAMS):.4f}")
