import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset

np.random.seed(42)
torch.manual_seed(42)

CAT = ["plan", "region", "channel"]
NUM = ["monthly_spend", "data_mb", "tenure_days", "tickets"]


def fake_customers(n):
    df = pd.DataFrame({
        "plan": np.random.choice(["basic", "plus", "family", "biz"], n),
        "region": np.random.choice([f"r{k:02d}" for k in range(12)], n),
        "channel": np.random.choice(["web", "shop", "partner"], n),
        "monthly_spend": np.random.gamma(4.0, 900.0, n),
        "data_mb": np.random.lognormal(9.5, 0.7, n),
        "tenure_days": np.random.randint(10, 3000, n).astype(float),
        "tickets": np.random.poisson(1.5, n).astype(float),
    })
    z = (df.monthly_spend - 3600) / 1800
    t = (df.tenure_days - 1500) / 860
    m = (np.log(df.data_mb) - 9.5) / 0.7
    eff = df.plan.map({"basic": 0.6, "plus": -0.4, "family": -1.0, "biz": 0.2})
    eff += df.channel.map({"web": 0.2, "shop": -0.5, "partner": 0.8})
    logit = 2.0 * (1.2 * z - 1.0 * t - 0.9 * m * (df.plan == "biz") + 0.8 * (df.tickets - 1.5) + eff - z * t)
    df["churn"] = (np.random.rand(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return df


class ChurnSet(Dataset):
    def __init__(self, cats, nums, target):
        self.cats = torch.tensor(cats, dtype=torch.long)
        self.nums = torch.tensor(nums, dtype=torch.float32)
        self.target = torch.tensor(target, dtype=torch.float32)

    def __len__(self):
        return len(self.target)

    def __getitem__(self, i):
        return self.cats[i], self.nums[i], self.target[i]


class TabularNet(nn.Module):
    def __init__(self, cards, n_num):
        super().__init__()
        self.embs = nn.ModuleList([nn.Embedding(c, min(6, (c + 1) // 2)) for c in cards])
        d = sum(e.embedding_dim for e in self.embs) + n_num
        self.mlp = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, cats, nums):
        e = [emb(cats[:, k]) for k, emb in enumerate(self.embs)]
        return self.mlp(torch.cat(e + [nums], dim=1)).squeeze(1)


df = fake_customers(4000)
codes = np.stack([df[c].astype("category").cat.codes for c in CAT], axis=1)
cards = [int(codes[:, k].max()) + 1 for k in range(len(CAT))]
order = np.random.permutation(len(df))
tr, te = order[:3000], order[3000:]

raw = df[NUM].to_numpy()
scaler = StandardScaler().fit(raw[tr])
scaled = scaler.transform(raw)

train_ds = ChurnSet(codes[tr], raw[tr], df.churn.to_numpy()[tr])
test_ds = ChurnSet(codes[te], raw[te], df.churn.to_numpy()[te])

model = TabularNet(cards, len(NUM))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
bce = nn.BCEWithLogitsLoss()
for epoch in range(12):
    model.train()
    total = 0.0
    for c, x, y in DataLoader(train_ds, batch_size=128, shuffle=True):
        opt.zero_grad()
        loss = bce(model(c, x), y)
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    print(f"epoch {epoch + 1:2d}  bce {total / len(train_ds):.4f}")

model.eval()
with torch.no_grad():
    p = model(test_ds.cats, test_ds.nums)
print(f"metric: accuracy {((p > 0).float() == test_ds.target).float().mean().item():.4f}")
