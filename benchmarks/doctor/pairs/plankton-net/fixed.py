"""Plankton from outline descriptors: Fourier magnitudes of the contour, area, and grey levels."""
import numpy as np
import torch
import torch.nn as nn

SPECIES = ["Calanus", "Oithona", "Ceratium", "Chaetoceros", "Noctiluca"]
HARMONICS = 14
shape_rng = np.random.default_rng(61)
SHAPE = shape_rng.exponential(1.0, (len(SPECIES), HARMONICS)) / np.sqrt(np.arange(1, HARMONICS + 1))
LIMB = shape_rng.integers(1, HARMONICS, len(SPECIES))
GREY = np.array([0.45, 0.55, 0.50, 0.62, 0.70])


def outlines(n, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(SPECIES), n)
    size = rng.lognormal(0, 0.25, (n, 1))
    descriptors = SHAPE[kind] * rng.lognormal(0, 0.5, (n, HARMONICS))
    descriptors[np.arange(n), LIMB[kind]] *= rng.choice([0.3, 1.8], n)        # appendages folded or spread
    descriptors = descriptors * size + np.abs(rng.normal(0, 0.1, (n, HARMONICS)))
    extra = np.column_stack([np.log(size[:, 0]), GREY[kind] + rng.normal(0, 0.12, n)])
    return np.hstack([np.log(descriptors), extra]), kind


class PlanktonNet(nn.Module):
    def __init__(self, n_in, n_out, p=0.5):
        super().__init__()
        self.norm = nn.BatchNorm1d(n_in)
        self.fc1 = nn.Linear(n_in, 64)
        self.fc2 = nn.Linear(64, 32)
        self.out = nn.Linear(32, n_out)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(torch.relu(self.fc1(self.norm(x))))
        x = self.drop(torch.relu(self.fc2(x)))
        return self.out(x)


def fit(net, data, epochs=20, batch=40):
    (x, y), (x_test, y_test) = data
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(epochs):
        net.train()
        epoch_loss = 0.0
        for idx in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss = loss_fn(net(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item() * len(idx)
        net.eval()
        with torch.no_grad():
            scores = net(x_test)
            test_loss = loss_fn(scores, y_test).item()
            accuracy = (scores.argmax(1) == y_test).float().mean().item()
        print(f"epoch {epoch + 1:2d}  loss {epoch_loss / len(x):.4f}  test loss {test_loss:.4f}  test accuracy {accuracy:.4f}")
    return accuracy


def main():
    torch.manual_seed(62)
    x, y = outlines(1200, 1)
    x_test, y_test = outlines(400, 2)
    mean, std = x.mean(0), x.std(0)
    as_tensor = lambda a: torch.tensor((a - mean) / std, dtype=torch.float32)
    net = PlanktonNet(x.shape[1], len(SPECIES))
    accuracy = fit(net, ((as_tensor(x), torch.tensor(y)), (as_tensor(x_test), torch.tensor(y_test))))
    print(f"metric: accuracy {accuracy:.4f}")


main()
