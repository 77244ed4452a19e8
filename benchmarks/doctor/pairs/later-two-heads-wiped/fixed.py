"""One trunk, two questions about each digit: which one, and is its ink heavier at the top?"""
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

torch.manual_seed(21)
raw = load_digits()
X = torch.tensor(raw.data, dtype=torch.float32) / 16
digit = torch.tensor(raw.target)
heavy = (X[:, :32].sum(1) > X[:, 32:].sum(1)).float()
perm = torch.randperm(len(X))
tr, te = perm[:1400], perm[1400:]

net = nn.ModuleDict({
    "trunk": nn.Sequential(nn.Linear(64, 64), nn.ReLU()),
    "digit": nn.Linear(64, 10),
    "heavy": nn.Linear(64, 1),
})
opt = optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)


def training_pass():
    for rows in tr[torch.randperm(len(tr))].split(50):
        h = net["trunk"](X[rows])
        loss_digit = nn.functional.cross_entropy(net["digit"](h), digit[rows])
        loss_heavy = nn.functional.binary_cross_entropy_with_logits(net["heavy"](h).squeeze(1), heavy[rows])
        opt.zero_grad()
        loss_digit.backward(retain_graph=True)
        loss_heavy.backward()
        opt.step()
    return loss_digit.item(), loss_heavy.item()


@torch.inference_mode()
def check():
    h = net["trunk"](X[te])
    a = (net["digit"](h).argmax(1) == digit[te]).float().mean()
    b = ((net["heavy"](h).squeeze(1) > 0).float() == heavy[te]).float().mean()
    return a.item(), b.item()


for epoch in range(25):
    ld, lh = training_pass()
    a, b = check()
    print(f"{epoch:3d} digit loss {ld:.3f} heavy loss {lh:.3f} digit accuracy {a:.3f} heavy accuracy {b:.3f}")
print(f"metric: accuracy {(a + b) / 2:.4f}")
