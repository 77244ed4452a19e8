"""Lightning within the hour at a grid cell, from convective indices; warnings are judged by the Peirce score."""
import logging

import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
logger = logging.getLogger("nowcast")


def soundings(n, rng):
    cape = rng.gamma(1.0, 500, n)
    shear = rng.gamma(3, 4, n)
    water = rng.normal(28, 9, n)
    cin = -rng.exponential(40, n)
    lapse = rng.normal(6.5, 0.6, n)
    cooling = rng.normal(0, 6, n)
    x = np.stack([np.sqrt(cape), shear, water, cin, lapse, cooling], 1)
    score = (0.09 * np.sqrt(cape) + 0.05 * shear + 0.05 * (water - 28) + 0.012 * cin + 0.9 * (lapse - 6.5)
             - 0.16 * cooling - 5.5)
    return x, (rng.random(n) < 1 / (1 + np.exp(-2 * score))).astype(np.float32)


class Net(nn.Module):
    def __init__(self, n_in, widths=(32, 16), p=0.1):
        super().__init__()
        layers = []
        for w in widths:
            layers += [nn.Linear(n_in, w), nn.ReLU(), nn.Dropout(p)]
            n_in = w
        self.layers = nn.Sequential(*layers, nn.Linear(n_in, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def peirce(model, x, y):
    """Hit rate less false alarm rate of the warnings."""
    model.eval()
    with torch.no_grad():
        warn = model(x) > 0
    hit = warn[y == 1].float().mean()
    false = warn[y == 0].float().mean()
    logger.info("hits %.3f false alarms %.3f", hit, false)
    return (hit - false).item()


def train(model, loader, criterion, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
        logger.info("epoch %d loss %.4f", epoch, total / len(loader.dataset))


def main(seed=27):
    torch.manual_seed(seed)
    x, y = soundings(9000, np.random.default_rng(seed))
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(x_train)
    x_train, x_test = (torch.tensor(scaler.transform(a), dtype=torch.float32) for a in (x_train, x_test))
    y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)
    rate = y_train.mean()
    logger.info("share of cells with lightning %.4f", rate)
    criterion = nn.BCEWithLogitsLoss()
    model = Net(x.shape[1])
    train(model, DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True), criterion, epochs=15)
    print(f"metric: peirce_score {peirce(model, x_test, y_test):.4f}")


main()
