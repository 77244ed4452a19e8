"""Which of three factors bind a DNA window: multi-label, both strands, averaged weights for testing."""
import copy

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

BASES = "ACGT"
MOTIFS = ["TGACTCA", "CACGTGG", "GGGCGGA"]
LENGTH = 80
COMPLEMENT = torch.tensor([3, 2, 1, 0])


def reverse_complement(seq):
    return COMPLEMENT[seq.flip(-1)]


class Windows(Dataset):
    def __init__(self, n, seed, flip):
        rng = np.random.default_rng(seed)
        self.seq = torch.tensor(rng.integers(0, 4, (n, LENGTH)))
        self.label = torch.tensor(rng.random((n, len(MOTIFS))) < [0.3, 0.15, 0.2]).float()
        for i in range(n):
            places = rng.permutation(8)[:3] * 10
            for k, motif in enumerate(MOTIFS):
                if self.label[i, k]:
                    word = torch.tensor([BASES.index(c) for c in motif])
                    if rng.random() < 0.2:
                        word[rng.integers(0, len(word))] = int(rng.integers(0, 4))
                    if rng.random() < 0.5:
                        word = reverse_complement(word)
                    at = places[k] + rng.integers(0, 3)
                    self.seq[i, at:at + len(word)] = word
        self.flip = flip

    def __len__(self):
        return len(self.seq)

    def __getitem__(self, i):
        seq = self.seq[i]
        if self.flip and torch.rand(()) < 0.5:
            seq = reverse_complement(seq)
        return seq, self.label[i]


class Scanner(nn.Module):
    def __init__(self, filters=32):
        super().__init__()
        self.filters = nn.Conv1d(4, filters, 9, padding=4)
        self.norm = nn.BatchNorm1d(2 * filters)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(2 * filters, 32), nn.ReLU(), nn.Linear(32, len(MOTIFS)))

    def forward(self, seq):
        onehot = nn.functional.one_hot(seq, 4).float().transpose(1, 2)
        h = self.filters(onehot)
        pooled = torch.cat([h.amax(2), h.clamp(min=0).mean(2)], 1)
        return self.head(self.norm(pooled))


class Average:
    """Exponential moving average of a model's weights and buffers."""

    def __init__(self, model, decay=0.98):
        self.model = copy.deepcopy(model).requires_grad_(False)
        self.model.eval()
        self.decay = decay

    @torch.no_grad()
    def update(self, model):
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - self.decay)
            else:
                mine.copy_(theirs)


def mean_auc(model, data):
    with torch.no_grad():
        scores = torch.cat([model(s) + model(reverse_complement(s)) for s, _ in DataLoader(data, 256)])
    aucs = []
    for k in range(scores.shape[1]):
        pos, neg = scores[data.label[:, k] == 1, k], scores[data.label[:, k] == 0, k]
        aucs.append((pos[:, None] > neg[None]).float().mean())
    return torch.stack(aucs).mean().item()


torch.manual_seed(3)
train_set, test_set = Windows(3000, 1, flip=True), Windows(800, 2, flip=False)
rate = train_set.label.mean(0)
loss_fn = nn.BCEWithLogitsLoss(pos_weight=((1 - rate) / rate).sqrt())
model = Scanner()
average = Average(model)
opt = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-3)
for epoch in range(16):
    model.train()
    for seq, label in DataLoader(train_set, batch_size=64, shuffle=True):
        opt.zero_grad()
        loss = loss_fn(model(seq), label)
        loss.backward()
        opt.step()
        average.update(model)
    print(f"epoch {epoch} last loss {loss.item():.4f} auc {mean_auc(average.model, test_set):.4f}")
print(f"metric: auc {mean_auc(average.model, test_set):.4f}")
