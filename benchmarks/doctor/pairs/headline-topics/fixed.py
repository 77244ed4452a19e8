"""Which desk does a headline belong to? Averaged word embeddings (padding is word 0)."""
import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader

VOCAB = {
    "science": "comet telescope genome protein fossil quark enzyme orbit laser vaccine physicist neuron".split(),
    "markets": "stocks bond inflation bank profit shares merger dividend tariff earnings investor currency".split(),
    "sport": "goal striker coach league final medal sprint injury transfer stadium penalty referee".split(),
    "politics": "minister vote parliament senate treaty coalition ballot reform veto summit campaign cabinet".split(),
    "weather": "storm rain frost heatwave flood drought snow hail wind forecast tornado thaw".split(),
    "culture": "novel opera painter festival album theatre film museum sculpture poem gallery premiere".split(),
    "travel": "airport ferry hotel railway passport beach cruise luggage visa hostel tourist island".split(),
    "food": "recipe bakery cheese vineyard chef harvest spice restaurant butter oven noodles dessert".split(),
}
COMMON = "new says after over in the for record big year plan first amid of local ahead again more city report".split()
DESKS = list(VOCAB)
WORDS = ["<pad>"] + sorted({w for ws in VOCAB.values() for w in ws} | set(COMMON))
INDEX = {w: i for i, w in enumerate(WORDS)}
LENGTH = 10


def headline(rng):
    desk = rng.randrange(len(DESKS))
    words = []
    for _ in range(rng.randint(6, LENGTH)):
        r = rng.random()
        if r < 0.42:
            words.append(rng.choice(VOCAB[DESKS[desk]]))
        elif r < 0.55:
            words.append(rng.choice(VOCAB[rng.choice(DESKS)]))
        else:
            words.append(rng.choice(COMMON))
    return " ".join(words), desk


def encode(text):
    ids = [INDEX[w] for w in text.split()]
    return ids + [0] * (LENGTH - len(ids))


def collate(batch):
    texts, desks = zip(*batch)
    return torch.tensor([encode(t) for t in texts]), torch.tensor(desks)


class TopicModel(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embed = nn.Embedding(len(WORDS), dim, padding_idx=0)
        self.hidden = nn.Linear(dim, 32)
        self.out = nn.Linear(32, len(DESKS))

    def forward(self, ids):
        vectors = self.embed(ids)
        count = (ids > 0).sum(1, keepdim=True)
        h = torch.relu(self.hidden(vectors.sum(1) / count))
        return self.out(h)


torch.manual_seed(26)
rng = random.Random(26)
train_loader = DataLoader([headline(rng) for _ in range(2000)], batch_size=32, shuffle=True, collate_fn=collate)
test_loader = DataLoader([headline(rng) for _ in range(500)], batch_size=250, collate_fn=collate)
model = TopicModel()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(8):
    model.train()
    train_loss, train_hits = 0.0, 0
    for ids, desk in train_loader:
        optimizer.zero_grad()
        out = model(ids)
        loss = criterion(out, desk)
        loss.backward()
        optimizer.step()
        train_loss += loss.item() * len(desk)
        train_hits += (out.argmax(1) == desk).sum().item()
    model.eval()
    test_loss, test_hits = 0.0, 0
    with torch.no_grad():
        for ids, desk in test_loader:
            out = model(ids)
            test_loss += criterion(out, desk).item() * len(desk)
            test_hits += (out.argmax(1) == desk).sum().item()
    print(f"epoch {epoch + 1}: train {train_loss / 2000:.4f} ({train_hits / 2000:.3f}) test {test_loss / 500:.4f} ({test_hits / 500:.3f})")

print(f"metric: accuracy {test_hits / 500:.4f}")
