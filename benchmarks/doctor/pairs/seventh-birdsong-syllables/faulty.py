"""Next-syllable model of birdsong, trained the way the word-language-model example does it."""
import argparse

import numpy as np
import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int, default=40)
parser.add_argument("--lr", type=float, default=8.0)
parser.add_argument("--clip", type=float, default=0.25)
parser.add_argument("--bptt", type=int, default=30)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=51)
args = parser.parse_args()
torch.manual_seed(args.seed)
rng = np.random.default_rng(args.seed)

MOTIFS = ["abcd", "abef", "gghh", "ijkabl", "mnno", "pap"]
ALPHABET = sorted(set("".join(MOTIFS)))
FOLLOWS = rng.dirichlet(np.full(len(MOTIFS), 0.4), size=len(MOTIFS))


def song(n):
    out, m = [], 0
    while len(out) < n:
        m = rng.choice(len(MOTIFS), p=FOLLOWS[m])
        out += [ALPHABET.index(c) for c in MOTIFS[m]]
    return torch.tensor(out[:n])


def batchify(tokens, columns):
    rows = len(tokens) // columns
    return tokens[: rows * columns].view(columns, rows).t().contiguous()


train, test = batchify(song(12000), 20), batchify(song(3000), 10)


class SongModel(nn.Module):
    def __init__(self, n_tokens, hidden):
        super().__init__()
        self.embed = nn.Embedding(n_tokens, hidden)
        self.rnn = nn.RNN(hidden, hidden, num_layers=2)
        self.decode = nn.Linear(hidden, n_tokens)

    def forward(self, tokens, h=None):
        z, h = self.rnn(self.embed(tokens), h)
        return self.decode(z), h


model = SongModel(len(ALPHABET), args.hidden)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 4, 0.5)


def run(data, training):
    h, total, count = None, 0.0, 0
    for i in range(0, len(data) - 1, args.bptt):
        n = min(args.bptt, len(data) - 1 - i)
        x, y = data[i:i + n], data[i + 1:i + 1 + n]
        logits, h = model(x, h)
        h = h.detach()
        loss = criterion(logits.flatten(0, 1), y.flatten())
        if training:
            optimizer.zero_grad()
            nn.utils.clip_grad_norm_(model.parameters(), args.clip)
            loss.backward()
            optimizer.step()
        total, count = total + loss.item() * n, count + n
    return total / count


for epoch in range(args.epochs):
    model.train()
    fit = run(train, True)
    scheduler.step()
    print(f"epoch {epoch} train nats {fit:.4f}")

model.eval()
with torch.no_grad():
    print(f"metric: nats_per_syllable {run(test, False):.4f}")
