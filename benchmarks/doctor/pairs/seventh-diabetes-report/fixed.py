import argparse

import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=2e-3)
p.add_argument("--epochs", type=int, default=40)
p.add_argument("--batch", type=int, default=32)
p.add_argument("--seed", type=int, default=1)
args = p.parse_args()
torch.manual_seed(args.seed)

bunch = load_diabetes(scaled=False)
Xtr, Xte, ytr, yte = train_test_split(bunch.data, bunch.target, test_size=0.25, random_state=args.seed)
sx, sy = StandardScaler(), StandardScaler()
Xtr = torch.tensor(sx.fit_transform(Xtr)).float()
Xte = torch.tensor(sx.transform(Xte)).float()
ytr = torch.tensor(sy.fit_transform(ytr[:, None])).float()
yte = torch.tensor(sy.transform(yte[:, None])).float()

net = nn.Sequential(nn.Linear(10, 16), nn.SiLU(), nn.Dropout(0.2), nn.Linear(16, 1))
opt = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.05)


def report(tag):
    net.eval()
    with torch.no_grad():
        y_pred = net(Xte)
    true = sy.inverse_transform(yte)
    pred = sy.inverse_transform(y_pred)
    mae = mean_absolute_error(true, pred)
    r2 = r2_score(true, pred)
    print(tag, "mae %.2f" % mae, "r2 %.4f" % r2)
    return r2


for epoch in range(args.epochs):
    net.train()
    for idx in torch.randperm(len(Xtr)).split(args.batch):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(Xtr[idx]), ytr[idx])
        loss.backward()
        opt.step()
    if (epoch + 1) % 10 == 0:
        report("epoch %d" % (epoch + 1))

print("metric: r2 %.4f" % report("final"))
