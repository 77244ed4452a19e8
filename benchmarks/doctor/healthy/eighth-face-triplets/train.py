import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = 5
torch.manual_seed(SEED)
np.random.seed(SEED)


def make_identities(n_people, per_person, basis):
    """Each person is a latent code; a photo is the code rendered with pose, light and noise."""
    codes = np.random.randn(n_people, 6)
    xs, ys = [], []
    for k in range(n_people):
        nuis = np.random.randn(per_person, 10)
        z = np.concatenate([np.repeat(codes[k:k + 1], per_person, 0), nuis], 1)
        xs.append(np.tanh(z @ basis) + 0.05 * np.random.randn(per_person, basis.shape[1]))
        ys += [k] * per_person
    return np.concatenate(xs).astype("float32"), np.array(ys)


class Triplets(Dataset):
    def __init__(self, x, y, length):
        self.x, self.y, self.length = torch.from_numpy(x), y, length
        self.by_person = {k: np.flatnonzero(y == k) for k in np.unique(y)}
        self.people = list(self.by_person)

    def __len__(self):
        return self.length

    def __getitem__(self, _):
        p, n = np.random.choice(self.people, 2, replace=False)
        a, b = np.random.choice(self.by_person[p], 2, replace=False)
        c = np.random.choice(self.by_person[n])
        return self.x[a], self.x[b], self.x[c]


class Embedder(nn.Module):
    def __init__(self, d_in, d_out=16):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d_in, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, d_out))

    def forward(self, x):
        return nn.functional.normalize(self.body(x), dim=1)


basis = np.random.randn(16, 48) * 0.35
x_train, y_train = make_identities(60, 25, basis)
x_test, y_test = make_identities(20, 12, basis)

net = Embedder(48)
criterion = nn.TripletMarginLoss(margin=0.5)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
loader = DataLoader(Triplets(x_train, y_train, 3200), batch_size=64)

for epoch in range(10):
    net.train()
    tot, active = 0.0, 0
    for a, p, n in loader:
        optimizer.zero_grad()
        ea, ep, en = net(a), net(p), net(n)
        loss = criterion(ea, ep, en)
        loss.backward()
        optimizer.step()
        tot += loss.item()
        active += ((ea - ep).norm(dim=1) + 0.5 > (ea - en).norm(dim=1)).sum().item()
    print(f"epoch {epoch}: triplet loss {tot / len(loader):.4f}, active triplets {active}")

net.eval()
with torch.no_grad():
    emb = net(torch.from_numpy(x_test))
dist = torch.cdist(emb, emb)
dist.fill_diagonal_(float("inf"))
hit = (y_test[dist.argmin(1).numpy()] == y_test).mean()
print(f"metric: recall_at_1 {hit:.4f}")
