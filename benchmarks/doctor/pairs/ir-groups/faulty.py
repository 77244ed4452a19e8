"""Functional groups of a molecule from its infrared spectrum (several may be present at once)."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

GROUPS = ["O-H", "C=O", "N-H", "C=C", "C-O", "C#N", "S=O", "C-F"]
POINTS = 100
POSITION = np.array([12, 58, 16, 62, 84, 38, 80, 88])
WIDTH = np.array([7.0, 2.0, 4.0, 2.5, 3.5, 1.5, 2.5, 3.0])
SHARE = np.array([0.25, 0.28, 0.18, 0.2, 0.3, 0.12, 0.12, 0.15])


def measure(n, seed):
    rng = np.random.default_rng(seed)
    present = rng.random((n, len(GROUPS))) < SHARE
    grid = np.arange(POINTS)
    spectra = np.zeros((n, POINTS))
    for g in range(len(GROUPS)):
        centre = POSITION[g] + rng.normal(0, 1.0, (n, 1))
        height = rng.uniform(0.5, 1.3, (n, 1))
        spectra += present[:, [g]] * height * np.exp(-0.5 * ((grid - centre) / WIDTH[g]) ** 2)
    spectra += rng.normal(0, 0.12, spectra.shape)
    return torch.tensor(spectra, dtype=torch.float32), torch.tensor(present, dtype=torch.float32)


def micro_f1(logits, truth):
    guess = (torch.sigmoid(logits) > 0.5).float()
    tp = (guess * truth).sum()
    return (2 * tp / (guess.sum() + truth.sum())).item()


class GroupNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(POINTS, 64), nn.BatchNorm1d(64), nn.ReLU(),
            nn.Linear(64, 32), nn.ReLU(),
            nn.Linear(32, len(GROUPS)),
        )

    def forward(self, spectrum):
        return self.net(spectrum)


torch.manual_seed(31)
x_train, y_train = measure(1600, 310)
x_valid, y_valid = measure(400, 311)
mean, std = x_train.mean(), x_train.std()
x_train, x_valid = (x_train - mean) / std, (x_valid - mean) / std
train_dl = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)

model = GroupNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(12):
    model.train()
    total_loss = 0
    for spectrum, groups in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(spectrum), groups)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    model.eval()
    with torch.no_grad():
        out = model(x_valid)
        valid_loss = criterion(out, y_valid).item()
    print(f"Epoch {epoch + 1}, train loss: {total_loss / len(train_dl):.4f}, "
          f"valid loss: {valid_loss:.4f}, micro F1: {micro_f1(out, y_valid):.4f}")

print(f"metric: f1 {micro_f1(out, y_valid):.4f}")
