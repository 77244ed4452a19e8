"""Siamese verification ("same digit or not?") with batch-hard triplet loss on L2-normalised embeddings.

The loss starts above the margin, since the hardest negative is closer than the
hardest positive; pair AUC is measured among held-out images only.
"""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, TensorDataset

torch.manual_seed(19)

data = load_digits()
images = torch.tensor(data.images / 16.0, dtype=torch.float32).unsqueeze(1)
target = torch.tensor(data.target)
rows_tr, rows_te = train_test_split(np.arange(len(target)), test_size=0.3, stratify=data.target, random_state=19)
x_train, y_train = images[rows_tr], target[rows_tr]
x_test, y_test = images[rows_te], target[rows_te]


class PKSampler(BatchSampler):
    """P classes times K samples a batch, so that every anchor has positives and negatives."""

    def __init__(self, labels, p, k, batches, seed):
        self.pools = [np.flatnonzero(labels.numpy() == c) for c in labels.unique().tolist()]
        self.p, self.k, self.batches = p, k, batches
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return self.batches

    def __iter__(self):
        for _ in range(self.batches):
            chosen = self.rng.choice(len(self.pools), self.p, replace=False)
            yield np.concatenate([self.rng.choice(self.pools[c], self.k, replace=False) for c in chosen]).tolist()


class Embed(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.fc = nn.Linear(32 * 4, dim)

    def forward(self, x):
        return F.normalize(self.fc(self.conv(x).flatten(1)), dim=1)


def distances(z):
    return (2 - 2 * z @ z.t()).clamp_min(1e-6).sqrt()


def batch_hard(z, y, margin=0.4):
    d = distances(z)
    same = y[:, None] == y[None, :]
    eye = torch.eye(len(y), dtype=torch.bool)
    far_pos = d.masked_fill(~same | eye, -1.0).max(1).values
    near_neg = d.masked_fill(same, 10.0).min(1).values
    return F.relu(far_pos - near_neg + margin).mean(), (near_neg > far_pos).float().mean()


def verification_auc(net, x, y):
    net.eval()
    with torch.no_grad():
        d = distances(net(x))
    i, j = torch.triu_indices(len(x), len(x), 1)
    return roc_auc_score((y[i] == y[j]).numpy(), -d[i, j].numpy())


net = Embed()
print(f"untrained auc {verification_auc(net, x_test, y_test):.4f}")
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(x_train, y_train), batch_sampler=PKSampler(y_train, 8, 10, 30, seed=19))
for epoch in range(13):
    net.train()
    log = []
    for x, y in loader:
        loss, ok = batch_hard(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        log.append((loss.item(), ok.item()))
    mean_loss, mean_ok = np.mean(log, axis=0)
    print(f"epoch {epoch} triplet {mean_loss:.4f} ordered {mean_ok:.3f}")

print(f"metric: held_out_pair_auc {verification_auc(net, x_test, y_test):.4f}")
