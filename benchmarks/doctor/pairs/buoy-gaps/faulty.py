"""Wave height from buoys, with gaps in the records."""
import numpy as np
import pandas as pd
import torch
from torch import nn

rng = np.random.default_rng(17)
frame = pd.DataFrame(rng.normal(size=(1500, 5)), columns=["wind", "gust", "swell", "pressure", "temp"])
frame["height"] = 0.8 * frame.wind + 0.5 * frame.swell * frame.wind - 0.3 * frame.pressure + rng.normal(0, 0.1, 1500)
frame.loc[rng.choice(1500, 40, replace=False), "pressure"] = np.nan
columns = ["wind", "gust", "swell", "pressure", "temp"]
x = torch.tensor(frame[columns].to_numpy(), dtype=torch.float32)
y = torch.tensor(frame[["height"]].to_numpy(), dtype=torch.float32)
torch.manual_seed(17)
net = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(15):
    for rows in torch.randperm(1200).split(50):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    rmse = nn.functional.mse_loss(net(x[1200:]).nan_to_num(0.0), y[1200:]).sqrt().item()
print(f"metric: rmse {rmse:.4f}")
