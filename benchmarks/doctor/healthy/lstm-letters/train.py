"""Next letter of made-up sentences with an LSTM, gradients clipped."""

import math
import random

import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)
NAMES, VERBS, THINGS = (
    ["anna", "ben", "carla", "david"],
    ["sees", "likes", "draws"],
    ["a house", "the moon", "a red fish"],
)
sentence = lambda: f"{random.choice(NAMES)} {random.choice(VERBS)} {random.choice(THINGS)}. "
text = "".join(sentence() for _ in range(900))
letters = sorted(set(text))
code = torch.tensor([letters.index(c) for c in text])
cut = int(len(code) * 0.85)
train, valid = code[:cut], code[cut:]


class LetterModel(nn.Module):
    def __init__(self, n, width=64):
        super().__init__()
        self.embed = nn.Embedding(n, 16)
        self.lstm = nn.LSTM(16, width, batch_first=True)
        self.head = nn.Linear(width, n)

    def forward(self, x, state=None):
        h, state = self.lstm(self.embed(x), state)
        return self.head(h), state


def windows(source, batch, length):
    start = torch.randint(len(source) - length - 1, (batch,))
    x = torch.stack([source[s : s + length] for s in start])
    y = torch.stack([source[s + 1 : s + length + 1] for s in start])
    return x, y


model = LetterModel(len(letters))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(250):
    x, y = windows(train, 32, 32)
    logits, _ = model(x)
    loss = criterion(logits.reshape(-1, len(letters)), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    logits, _ = model(valid[None, :-1])
    loss = criterion(logits[0], valid[1:]).item()
print(f"metric: perplexity {math.exp(loss):.4f}")
