import torch
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch import nn, optim

config = {
    "hidden": [32, 16],
    "dropout": 0.9,
    "lr": 3e-3,
    "epochs": 40,
    "batch": 16,
    "folds": 3,
}


def mlp(sizes, n_in, n_out, p):
    layers, prev = [], n_in
    for h in sizes:
        layers.extend([nn.Linear(prev, h), nn.ReLU(), nn.Dropout(p)])
        prev = h
    layers.append(nn.Linear(prev, n_out))
    return nn.Sequential(*layers)


def train_fold(X, y, tr, va):
    sc = StandardScaler().fit(X[tr])
    xt, xv = (torch.tensor(sc.transform(X[i]), dtype=torch.float32) for i in (tr, va))
    yt, yv = torch.tensor(y[tr]), torch.tensor(y[va])
    net = mlp(config["hidden"], X.shape[1], 3, config["dropout"])
    opt = optim.Adam(net.parameters(), lr=config["lr"])
    criterion = nn.CrossEntropyLoss()
    for epoch in range(config["epochs"]):
        net.train()
        losses = []
        for b in torch.randperm(len(xt)).split(config["batch"]):
            opt.zero_grad()
            loss = criterion(net(xt[b]), yt[b])
            loss.backward()
            opt.step()
            losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(xv).argmax(1) == yv).float().mean().item()
    print(f"final train loss {sum(losses) / len(losses):.4f}, fold accuracy {acc:.4f}")
    return acc


torch.manual_seed(1)
X, y = load_wine(return_X_y=True)
splits = StratifiedKFold(config["folds"], shuffle=True, random_state=1).split(X, y)
accs = [train_fold(X, y, tr, va) for tr, va in splits]
print(f"metric: cv_accuracy {sum(accs) / len(accs):.4f}")
