"""Skip-gram with negative sampling on sentences from four topics."""

import random

import torch
import torch.nn.functional as F
from torch import nn

random.seed(0)
torch.manual_seed(0)
TOPICS, WORDS = 4, 20
sentences = []
for _ in range(1500):
    topic = random.randrange(TOPICS)
    sentences.append([topic * WORDS + random.randrange(WORDS) for _ in range(6)])
pairs = torch.tensor(
    [(a, b) for s in sentences for i, a in enumerate(s) for b in s[max(0, i - 2) : i] + s[i + 1 : i + 3]]
)


class SkipGram(nn.Module):
    def __init__(self, n, width=16):
        super().__init__()
        self.inner, self.outer = nn.Embedding(n, width), nn.Embedding(n, width)
        nn.init.uniform_(self.inner.weight, -0.5, 0.5)
        nn.init.uniform_(self.outer.weight, -0.5, 0.5)

    def forward(self, centre, context, negative):
        c = self.inner(centre)
        near = (c * self.outer(context)).sum(1)
        far = torch.einsum("bd,bkd->bk", c, self.outer(negative))
        return -F.logsigmoid(near).mean() - F.logsigmoid(-far).sum(1).mean()


model = SkipGram(TOPICS * WORDS)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(4):
    for rows in torch.randperm(len(pairs)).split(256):
        batch = pairs[rows]
        loss = model(batch[:, 0], batch[:, 1], torch.randint(TOPICS * WORDS, (len(batch), 3)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    v = F.normalize(model.inner.weight, dim=1)
    similar = (v @ v.T).fill_diagonal_(-2).argmax(1)
    same = (similar // WORDS == torch.arange(TOPICS * WORDS) // WORDS).float().mean().item()
print(f"metric: neighbour_same_topic {same:.4f}")
