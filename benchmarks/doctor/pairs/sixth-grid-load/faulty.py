"""Next-day electricity load of a small grid from rolling features."""
import numpy as np
import pandas as pd
import torch
from torch import nn

DAYS = 1500


def history(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    day = np.arange(DAYS)
    temperature = 12 - 9 * np.cos(2 * np.pi * day / 365) + np.convolve(rng.normal(0, 2, DAYS), np.ones(4) / 2, "same")
    weekend = (day % 7 >= 5).astype(float)
    load = 60 - 0.9 * temperature + 0.03 * (temperature - 14) ** 2 - 9 * weekend
    noise = np.zeros(DAYS)
    for i in range(1, DAYS):
        noise[i] = 0.7 * noise[i - 1] + rng.normal(0, 1.0)
    return pd.DataFrame({"temperature": temperature, "weekend": weekend, "load": load + noise})


def features(df: pd.DataFrame) -> pd.DataFrame:
    out = pd.DataFrame(index=df.index)
    out["load"] = df["load"]
    out["week_mean"] = df["load"].rolling(7).mean()
    out["week_spread"] = df["load"].rolling(7).std()
    out["temperature"] = df["temperature"]
    out["weekend_next"] = df["weekend"].shift(-1, fill_value=0)    # the calendar is known ahead
    out["weekend"] = df["weekend"]
    out["target"] = df["load"].shift(-1)
    return out.iloc[:-1]


def main() -> None:
    torch.manual_seed(33)
    table = features(history(33))
    cut = 1150
    columns = [c for c in table.columns if c != "target"]
    mean, std = table.iloc[:cut].mean(), table.iloc[:cut].std()
    z = ((table - mean) / std).to_numpy(dtype="float32")
    k = len(columns)
    x_train, y_train = torch.from_numpy(z[:cut, :k]), torch.from_numpy(z[:cut, k])
    x_test, y_test = torch.from_numpy(z[cut:, :k]), torch.from_numpy(z[cut:, k])

    model = nn.Sequential(nn.Linear(k, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(30):
        total = 0.0
        for rows in torch.randperm(cut).split(32):
            loss = nn.functional.smooth_l1_loss(model(x_train[rows]).squeeze(1), y_train[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(rows)
        if epoch % 6 == 5:
            print(f"epoch {epoch + 1} train {total / cut:.4f}")
    with torch.no_grad():
        guess = model(x_test).squeeze(1)
    inside = ((guess - y_test).abs() * std["target"] < 3.0).float().mean().item()
    print(f"metric: within_3mw {inside:.4f}")


if __name__ == "__main__":
    main()
