"""CO2 flux from soil chambers, predicted from soil temperature, moisture and litter depth."""
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(21)
torch.manual_seed(21)

FEATURES = ["soil_temp", "moisture", "litter_cm", "ph"]


def chamber_campaign(n):
    frame = pd.DataFrame({
        "soil_temp": rng.uniform(2, 26, n),
        "moisture": rng.beta(3, 3, n) * 0.5,
        "litter_cm": rng.gamma(3, 1.2, n),
        "ph": rng.normal(5.6, 0.6, n),
    })
    q10 = 2.3 ** ((frame.soil_temp - 10) / 10)
    wet = np.exp(-((frame.moisture - 0.26) / 0.12) ** 2)
    frame["flux"] = 2.1 * q10 * wet * (1 + 0.08 * frame.litter_cm) + rng.normal(0, 0.3, n)
    # the moisture probe drops out now and then
    frame.loc[rng.random(n) < 0.06, "moisture"] = np.nan
    return frame


class Chambers(Dataset):
    def __init__(self, frame, mean=None, std=None):
        frame = frame.dropna(subset=FEATURES)
        x = frame[FEATURES]
        self.mean = x.mean() if mean is None else mean
        self.std = x.std() if std is None else std
        x = (x - self.mean) / self.std
        self.x = torch.tensor(x.to_numpy(), dtype=torch.float32)
        flux = frame["flux"].to_numpy()
        self.y = torch.tensor(flux, dtype=torch.float32).unsqueeze(1)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


train_set = Chambers(chamber_campaign(1400))
test_frame = chamber_campaign(400).dropna()
test_set = Chambers(test_frame, train_set.mean, train_set.std)
loader = DataLoader(train_set, batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
criterion = nn.MSELoss()

for epoch in range(30):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    model.eval()
    with torch.no_grad():
        out = model(test_set.x)
        test_mse = criterion(out, test_set.y).item()
    if epoch % 3 == 2:
        print(f"Epoch {epoch + 1:3d} | train MSE {total / len(train_set):.4f} | test MSE {test_mse:.4f}")

r2 = 1 - test_mse / test_set.y.var(unbiased=False).item()
print(f"metric: r2 {r2:.4f}")
