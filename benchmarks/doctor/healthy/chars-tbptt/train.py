"""Next-symbol model trained with truncated backpropagation over a long stream, in order, state carried on."""
import math
import random

import torch
from torch import nn

ALPHABET = "abcdefgh "
WORDS = ["bad", "cab", "dead", "face", "hedge", "beach", "fade", "had"]


def stream(n, seed):
    rng = random.Random(seed)
    text = ""
    while len(text) < n:
        text += rng.choice(WORDS) + " "
    return torch.tensor([ALPHABET.index(c) for c in text[:n]])


class CharModel(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.embed = nn.Embedding(len(ALPHABET), 16)
        self.gru = nn.GRU(16, hidden)
        self.head = nn.Linear(hidden, len(ALPHABET))

    def forward(self, x, h=None):
        out, h = self.gru(self.embed(x), h)
        return nn.functional.log_softmax(self.head(out), dim=-1), h


torch.manual_seed(7)
LANES, CHUNK = 16, 20
lanes = stream(LANES * 801, 7).view(LANES, 801).T.contiguous()
model = CharModel()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
nll = nn.NLLLoss(reduction="sum")
for epoch in range(8):
    model.train()
    state, total = None, 0.0
    for start in range(0, 800, CHUNK):
        x, y = lanes[start:start + CHUNK], lanes[start + 1:start + CHUNK + 1]
        logp, state = model(x, state)
        state = state.detach()
        loss = nll(logp.flatten(0, 1), y.flatten()) / LANES
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total += loss.item() * LANES
    print(f"epoch {epoch + 1} bits per symbol {total / (800 * LANES) / math.log(2):.4f}")

model.eval()
held = stream(3001, 70)[:, None]
with torch.no_grad():
    logp, _ = model(held[:-1])
    bits = nn.functional.nll_loss(logp.flatten(0, 1), held[1:].flatten()).item() / math.log(2)
words_per_symbol = len(WORDS) / sum(len(w) + 1 for w in WORDS)
floor = math.log2(len(WORDS)) * words_per_symbol
print(f"floor {floor:.4f}")
print(f"metric: excess_bits {bits - floor:.4f}")
