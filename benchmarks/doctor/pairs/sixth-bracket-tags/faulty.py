"""Tag each symbol with whether it closes an open bracket, opens one, or lies inside/outside."""
import argparse
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

SYMBOLS = "()ab"
TAGS = ["open", "close", "inside", "outside", "stray"]
PAD = -1


def sentence(rng, low=10, high=18):
    text, tags, depth = [], [], 0
    for _ in range(rng.randint(low, high)):
        s = rng.choice(SYMBOLS)
        if s == "(":
            tag, depth = "open", depth + 1
        elif s == ")":
            tag = "close" if depth else "stray"
            depth = max(0, depth - 1)
        else:
            tag = "inside" if depth else "outside"
        text.append(SYMBOLS.index(s))
        tags.append(TAGS.index(tag))
    return torch.tensor(text), torch.tensor(tags)


def collate(items):
    x = pad_sequence([a for a, _ in items], padding_value=len(SYMBOLS))
    y = pad_sequence([b for _, b in items], batch_first=True, padding_value=PAD)
    return x, y


class Tagger(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS) + 1, dim, padding_idx=len(SYMBOLS))
        self.lstm = nn.LSTM(dim, hidden)
        self.linear = nn.Linear(hidden, len(TAGS))

    def forward(self, x):
        h, _ = self.lstm(self.embedding(x))
        return self.linear(h).reshape(x.shape[1], x.shape[0], -1)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--hidden", type=int, default=32)
    ap.add_argument("--epochs", type=int, default=8)
    ap.add_argument("--lr", type=float, default=1e-2)
    a = ap.parse_args()
    torch.manual_seed(15)
    rng = random.Random(15)
    train = [sentence(rng) for _ in range(900)]
    test = [sentence(rng) for _ in range(300)]
    loader = DataLoader(train, batch_size=30, shuffle=True, collate_fn=collate)
    model = Tagger(12, a.hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=a.lr)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    for epoch in range(a.epochs):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x).flatten(0, 1), y.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1} loss {total / len(loader):.4f}")
    model.eval()
    x, y = collate(test)
    with torch.no_grad():
        hit = (model(x).argmax(-1) == y)[y != PAD]
    print(f"metric: accuracy {hit.float().mean().item():.4f}")


if __name__ == "__main__":
    main()
