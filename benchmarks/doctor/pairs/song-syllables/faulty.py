"""Next-syllable model of bengalese finch song; small batches, gradients accumulated over several of them."""
import math

import numpy as np
import torch
from torch import nn

SYLLABLES = 12
CONTEXT = 3
ACCUMULATE = 16


class Song:
    """Second-order Markov chain: each pair of syllables allows only a few successors."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.table = rng.dirichlet(np.full(SYLLABLES, 0.12), (SYLLABLES, SYLLABLES))

    def sing(self, n, rng):
        notes = [0, 1]
        for _ in range(n):
            notes.append(rng.choice(SYLLABLES, p=self.table[notes[-2], notes[-1]]))
        return torch.tensor(notes)


class SyllableModel(nn.Module):
    def __init__(self, dim=12, hidden=32):
        super().__init__()
        self.embed = nn.Embedding(SYLLABLES, dim)
        self.hidden = nn.Linear(CONTEXT * dim, hidden)
        self.out = nn.Linear(hidden, SYLLABLES)

    def forward(self, context):
        h = self.embed(context).flatten(1)
        return self.out(torch.relu(self.hidden(h)))


def examples(notes):
    windows = notes.unfold(0, CONTEXT + 1, 1)
    return windows[:, :CONTEXT], windows[:, CONTEXT]


torch.manual_seed(3)
rng = np.random.default_rng(33)
bird = Song(seed=7)
train_context, train_next = examples(bird.sing(6000, rng))
val_context, val_next = examples(bird.sing(1500, rng))

model = SyllableModel()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.08, momentum=0.9)

for epoch in range(8):
    model.train()
    order = torch.randperm(len(train_next))
    train_loss, n_batches = 0.0, 0
    optimizer.zero_grad()
    for step, batch in enumerate(order.split(8), start=1):
        loss = criterion(model(train_context[batch]), train_next[batch])
        train_loss += loss.item()
        n_batches += 1
        loss.backward()
        if step % ACCUMULATE == 0:
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        val_loss = criterion(model(val_context), val_next).item()
    print(f"epoch {epoch + 1:2d}: train {train_loss / n_batches:.4f}  val {val_loss:.4f}  perplexity {math.exp(min(val_loss, 20)):.3f}")

print(f"metric: nll {val_loss:.4f}")
