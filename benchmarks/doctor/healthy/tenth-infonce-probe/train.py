"""SimCLR-style pre-training on digits, then a linear probe on the frozen encoder.

The two views are two random pixel-dropout / shift augmentations. NT-Xent
cannot go to zero here, since some digits look alike under augmentation.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(21)

digits = load_digits()
imgs = torch.tensor(digits.images, dtype=torch.float32).div(16).unsqueeze(1)
labels = torch.tensor(digits.target)
tr, te = train_test_split(torch.arange(len(labels)).numpy(), test_size=0.3, stratify=digits.target, random_state=3)


def view(x):
    n = len(x)
    padded = F.pad(x, (1, 1, 1, 1))
    dy = torch.randint(0, 3, (n,))
    dx = torch.randint(0, 3, (n,))
    rows = dy[:, None] + torch.arange(8)
    cols = dx[:, None] + torch.arange(8)
    out = padded[torch.arange(n)[:, None, None], 0, rows[:, :, None], cols[:, None, :]].unsqueeze(1)
    keep = (torch.rand_like(out) > 0.15).float()
    return out * keep * (0.8 + 0.4 * torch.rand(n, 1, 1, 1))


class Encoder(nn.Module):
    def __init__(self, dim=64):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
            nn.Linear(32 * 16, dim), nn.ReLU())

    def forward(self, x):
        return self.features(x)


encoder = Encoder()
projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))


def nt_xent(z1, z2, tau=0.3):
    n = len(z1)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    sim = z @ z.t() / tau
    sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, partner)


x_train, y_train, x_test, y_test = imgs[tr], labels[tr], imgs[te], labels[te]
opt = torch.optim.Adam([*encoder.parameters(), *projector.parameters()], lr=2e-3, weight_decay=1e-5)
BATCH, EPOCHS = 128, 22
steps = EPOCHS * (len(x_train) // BATCH)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, steps)
for epoch in range(EPOCHS):
    total, count = 0.0, 0
    order = torch.randperm(len(x_train))
    for i in range(0, len(order) - BATCH + 1, BATCH):     # full batches: same number of negatives
        x = x_train[order[i:i + BATCH]]
        loss = nt_xent(projector(encoder(view(x))), projector(encoder(view(x))))
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        total, count = total + loss.item(), count + 1
    if epoch % 3 == 0 or epoch == EPOCHS - 1:
        print(f"epoch {epoch} nt-xent {total / count:.3f}")

# linear probe, encoder frozen and in inference mode
encoder.eval().requires_grad_(False)
h_train, h_test = encoder(x_train), encoder(x_test)
mu, sd = h_train.mean(0), h_train.std(0) + 1e-3
h_train, h_test = (h_train - mu) / sd, (h_test - mu) / sd
probe = nn.Linear(64, 10)
popt = torch.optim.Adam(probe.parameters(), lr=1e-2, weight_decay=1e-4)
for it in range(200):
    loss = F.cross_entropy(probe(h_train), y_train)
    popt.zero_grad()
    loss.backward()
    popt.step()
with torch.no_grad():
    acc = (probe(h_test).argmax(1) == y_test).float().mean().item()
print(f"probe train loss {loss.item():.4f}")
print(f"metric: linear_probe_accuracy {acc:.4f}")
