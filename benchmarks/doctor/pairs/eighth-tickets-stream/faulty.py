import random

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, IterableDataset

random.seed(0)
torch.manual_seed(0)

QUEUES = ["billing", "network", "account", "hardware", "praise"]
WORDS = {
    "billing": "invoice refund charge price card payment twice month fee".split(),
    "network": "slow outage router wifi signal dropped ping speed down".split(),
    "account": "password login email locked reset username code verify".split(),
    "hardware": "screen battery cable broken replace device cracked heat".split(),
    "praise": "thanks great love helpful quick friendly happy perfect".split(),
}
COMMON = "the my is was and please i it again since today with you help for this not have".split()


def write_ticket(queue):
    other = random.choice(QUEUES)
    n = random.randint(6, 14)
    out = []
    for _ in range(n):
        r = random.random()
        src = WORDS[queue] if r < 0.32 else WORDS[other] if r < 0.42 else COMMON
        out.append(random.choice(src))
    return " ".join(out), QUEUES.index(queue)


archive = [write_ticket(q) for q in QUEUES for _ in range(400)]
held_out = [write_ticket(random.choice(QUEUES)) for _ in range(500)]
vocab = {"<pad>": 0, "<unk>": 1}
for text, _ in archive:
    for w in text.split():
        vocab.setdefault(w, len(vocab))


class TicketStream(IterableDataset):
    def __init__(self, records, buffer_size):
        self.records = records
        self.buffer_size = buffer_size

    def encode(self, text):
        ids = [vocab.get(w, 1) for w in text.split()][:14]
        return torch.tensor(ids + [0] * (14 - len(ids)))

    def __iter__(self):
        buf = []
        for text, label in self.records:
            buf.append((self.encode(text), label))
            if len(buf) >= self.buffer_size:
                k = random.randrange(len(buf))
                buf[k], buf[-1] = buf[-1], buf[k]
                yield buf.pop()
        random.shuffle(buf)
        yield from buf


class BagOfEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(vocab), 32, padding_idx=0)
        self.fc = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, len(QUEUES)))

    def forward(self, ids):
        mask = (ids > 0).float().unsqueeze(-1)
        return self.fc((self.emb(ids) * mask).sum(1) / mask.sum(1))


model = BagOfEmbeddings()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loss_fn = nn.CrossEntropyLoss()
stream = TicketStream(archive, buffer_size=32)
for epoch in range(4):
    losses = []
    for ids, label in DataLoader(stream, batch_size=32):
        optimizer.zero_grad()
        loss = loss_fn(model(ids), label)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print("epoch", epoch + 1, "loss", round(sum(losses) / len(losses), 4))

model.eval()
with torch.no_grad():
    ids = torch.stack([stream.encode(t) for t, _ in held_out])
    truth = torch.tensor([l for _, l in held_out])
    acc = (model(ids).argmax(1) == truth).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
