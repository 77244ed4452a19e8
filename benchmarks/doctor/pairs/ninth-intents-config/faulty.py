import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = {
    "seed": 71,
    "n_epochs": 25,
    "lr": 1e-3,
    "batch": 64,
    "filters": 32,
    "kernel": 3,
}

INTENTS = {
    "play_music": "play {a} by {b}", "weather": "will it rain in {a} on {b}", "alarm": "wake me at {b} on {a}",
    "call": "call {a} at {b}", "navigate": "drive from {a} to {b}", "buy": "order {b} boxes of {a}",
}


def sentences(n, rng):
    letters = list("abcdefghijklmnopqrstuvwxyz")
    texts, ys = [], []
    names = list(INTENTS)
    for _ in range(n):
        k = rng.integers(len(names))
        fill = lambda: "".join(rng.choice(letters, rng.integers(3, 8)))
        s = INTENTS[names[k]].format(a=fill(), b=fill())
        s = "".join(c if rng.random() > 0.12 else str(rng.choice(letters)) for c in s)
        texts.append(s[:40].ljust(40))
        ys.append(k)
    ids = np.array([[0 if c == " " else ord(c) - 96 for c in s] for s in texts])
    return torch.from_numpy(ids), torch.tensor(ys)


class CharCNN(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.emb = nn.Embedding(27, 16)
        self.conv = nn.Conv1d(16, cfg["filters"], cfg["kernel"], padding=1)
        self.out = nn.Linear(cfg["filters"], len(INTENTS))

    def forward(self, ids):
        h = F.relu(self.conv(self.emb(ids).transpose(1, 2)))
        return self.out(h.amax(dim=2))


def run(cfg):
    torch.manual_seed(cfg["seed"])
    rng = np.random.default_rng(cfg["seed"])
    x, y = sentences(1500, rng)
    x_test, y_test = sentences(400, rng)
    net = CharCNN(cfg)
    opt = torch.optim.Adam(net.parameters(), lr=cfg["lr"])
    for epoch in range(cfg.get("epochs", 1)):
        for rows in torch.randperm(len(x)).split(cfg["batch"]):
            loss = F.cross_entropy(net(x[rows]), y[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"[{epoch + 1}] {loss.item():.4f}")
    net.eval()
    with torch.no_grad():
        return (net(x_test).argmax(1) == y_test).float().mean().item()


print(f"metric: accuracy {run(CONFIG):.4f}")
