import numpy as np
import pandas as pd
import torch
from torch import nn

rng = np.random.default_rng(14)
torch.manual_seed(14)

# readings of a pump station; a sensor now and then returns nothing
n = 2400
df = pd.DataFrame({
    "pressure": rng.normal(5.0, 1.2, n),
    "speed": rng.uniform(600, 1800, n),
    "temperature": rng.normal(40, 8, n),
    "valve": rng.uniform(0, 1, n),
})
df["flow"] = (0.02 * df["speed"] * (0.3 + df["valve"]) - 0.8 * (df["pressure"] - 5) ** 2
              + 0.1 * df["temperature"] + rng.normal(0, 0.6, n))
df.loc[rng.choice(n, 60, replace=False), "temperature"] = np.nan
df.loc[rng.choice(n, 40, replace=False), "pressure"] = np.nan

columns = ["pressure", "speed", "temperature", "valve"]
features = df[columns].dropna()
target = df["flow"].loc[features.index]

split = int(0.8 * len(features))
x_train, x_test = features.iloc[:split], features.iloc[split:]
y_train = target.iloc[:split].to_numpy()
y_test = df["flow"].loc[x_test.index].to_numpy()

mu, sd = x_train.mean(), x_train.std()
to_tensor = lambda frame: torch.tensor(((frame - mu) / sd).to_numpy(), dtype=torch.float32)
X, X_test = to_tensor(x_train), to_tensor(x_test)
y_mu, y_sd = y_train.mean(), y_train.std()
Y = torch.tensor((y_train - y_mu) / y_sd, dtype=torch.float32).unsqueeze(1)

net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(25):
    net.train()
    running = 0.0
    for idx in torch.randperm(len(X)).split(48):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(X[idx]), Y[idx])
        loss.backward()
        opt.step()
        running += loss.item() * len(idx)
    if epoch % 5 == 0:
        print("epoch", epoch, "train mse", round(running / len(X), 4))

net.eval()
with torch.no_grad():
    guess = net(X_test).squeeze(1).numpy() * y_sd + y_mu
print("metric: r2", round(1 - np.sum((guess - y_test) ** 2) / np.sum((y_test - y_test.mean()) ** 2), 4))
