"""Neural surrogate of Black-Scholes call prices, expressed as a fraction of the strike."""
import numpy as np
import torch
from scipy.stats import norm
from sklearn.preprocessing import StandardScaler

np.random.seed(10)
torch.manual_seed(10)


def call_price(s, k, t, vol, r):
    d1 = (np.log(s / k) + (r + vol ** 2 / 2) * t) / (vol * np.sqrt(t))
    return s * norm.cdf(d1) - k * np.exp(-r * t) * norm.cdf(d1 - vol * np.sqrt(t))


def quotes(n):
    k = np.random.uniform(500, 4000, n)
    s = k * np.random.uniform(0.8, 1.2, n)
    t = np.random.uniform(0.1, 1.5, n)
    vol = np.random.uniform(0.1, 0.5, n)
    r = np.random.uniform(0.0, 0.05, n)
    return np.stack([s / k, k, t, vol, r], axis=1), call_price(s, k, t, vol, r) / k


X_train, y_train = quotes(2000)
X_test, y_test = quotes(500)
y_mean, y_std = y_train.mean(), y_train.std()
scaler = StandardScaler().fit(X_train)
train_x = torch.as_tensor(scaler.transform(X_train), dtype=torch.float32)
test_x = torch.as_tensor(scaler.transform(X_test), dtype=torch.float32)
train_y = torch.as_tensor((y_train - y_mean) / y_std, dtype=torch.float32)

pricer = torch.nn.Sequential(
    torch.nn.Linear(5, 40),
    torch.nn.ELU(),
    torch.nn.Linear(40, 40),
    torch.nn.ELU(),
    torch.nn.Linear(40, 1),
)
optim = torch.optim.Adam(pricer.parameters(), lr=2e-3)

for epoch in range(30):
    shuffled = torch.randperm(2000)
    for idx in torch.chunk(shuffled, 40):
        optim.zero_grad()
        err = pricer(train_x[idx]).squeeze(-1) - train_y[idx]
        loss = (err ** 2).mean()
        loss.backward()
        optim.step()
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "loss", loss.item())

with torch.no_grad():
    price = pricer(test_x)[:, 0].numpy() * y_std + y_mean
r2 = 1 - np.square(price - y_test).sum() / np.square(y_test - y_test.mean()).sum()
print("metric: r2", r2)
