"""CTC: read a sequence of symbols from a longer, noisy signal without alignments."""

import torch
from torch import nn

SYMBOLS, BLANK, WIDTH = 5, 0, 12
generator = torch.Generator().manual_seed(0)
PATTERNS = torch.randn(SYMBOLS + 1, WIDTH, generator=generator)


def sample(batch, length=4):
    """[T, B, WIDTH] signal, [B, length] symbols 1..SYMBOLS"""
    symbols = torch.randint(1, SYMBOLS + 1, (batch, length), generator=generator)
    signal = []
    for row in symbols:
        pieces = []
        for s in row:
            pieces.append(PATTERNS[s].repeat(3, 1))
            pieces.append(PATTERNS[0].repeat(2, 1))
        signal.append(torch.cat(pieces))
    signal = torch.stack(signal, 1)
    return signal + 0.3 * torch.randn(signal.shape, generator=generator), symbols


def decode(log_probs):
    best = log_probs.argmax(2).T
    out = []
    for row in best:
        row = torch.unique_consecutive(row)
        out.append([int(s) for s in row if s != BLANK])
    return out


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(WIDTH, 32, bidirectional=True)
        self.out = nn.Linear(64, SYMBOLS + 1)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h).log_softmax(2)


torch.manual_seed(0)
model = Reader()
criterion = nn.CTCLoss(blank=BLANK)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(150):
    signal, symbols = sample(32)
    log_probs = model(signal)
    lengths = torch.full((32,), len(signal), dtype=torch.long)
    loss = criterion(log_probs, symbols, lengths, torch.full((32,), 4, dtype=torch.long))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if step % 30 == 0:
        print(f"step {step}: {loss.item():.4f}")

model.eval()
signal, symbols = sample(200)
with torch.no_grad():
    read = decode(model(signal))
right = sum(r == s.tolist() for r, s in zip(read, symbols)) / 200
print(f"metric: sequences_right {right:.4f}")
