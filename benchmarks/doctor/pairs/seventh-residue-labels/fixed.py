# Per-residue helix / strand / coil labels, toy version of the usual Kaggle set
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(3)
gen = np.random.default_rng(3)

N_AA, LENGTH, N_CLASSES = 20, 30, 3
EMISSION = gen.dirichlet(np.full(N_AA, 0.5), size=N_CLASSES)


def protein():
    state, labels = gen.integers(N_CLASSES), []
    for _ in range(LENGTH):
        if gen.random() < 0.12:
            state = gen.integers(N_CLASSES)
        labels.append(state)
    residues = [gen.choice(N_AA, p=EMISSION[s]) for s in labels]
    return residues, labels


def dataset(n):
    pairs = [protein() for _ in range(n)]
    return torch.tensor([p[0] for p in pairs]), torch.tensor([p[1] for p in pairs])


class Tagger(nn.Module):
    def __init__(self, emb=12, hidden=24):
        super().__init__()
        self.emb = nn.Embedding(N_AA, emb)
        self.rnn = nn.LSTM(emb, hidden, bidirectional=True)
        self.out = nn.Linear(2 * hidden, N_CLASSES)

    def forward(self, residues):
        x = self.emb(residues).permute(1, 0, 2)
        h, _ = self.rnn(x)
        return self.out(h)


def evaluate(model, residues, labels):
    model.eval()
    with torch.no_grad():
        guess = model(residues).argmax(-1).T
    return (guess == labels).float().mean().item()


train_x, train_y = dataset(600)
test_x, test_y = dataset(150)
model = Tagger()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)

for epoch in range(12):
    model.train()
    perm = torch.randperm(len(train_x))
    total = 0.0
    for start in range(0, len(perm), 25):
        pick = perm[start:start + 25]
        logits = model(train_x[pick])
        loss = criterion(logits.reshape(-1, N_CLASSES), train_y[pick].T.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: loss {total / 24:.4f} q3 {evaluate(model, test_x, test_y):.3f}")

print("metric: q3", evaluate(model, test_x, test_y))
