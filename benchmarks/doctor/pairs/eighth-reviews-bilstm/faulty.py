import random

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

random.seed(12)
torch.manual_seed(12)
GOOD = ["great", "tasty", "friendly", "fresh", "perfect", "cosy"]
BAD = ["awful", "bland", "rude", "cold", "dirty", "slow"]
FILL = ["the", "food", "staff", "was", "and", "place", "we", "it", "table", "service", "really", "very", "today"]
itos = ["<pad>", "not"] + GOOD + BAD + FILL
stoi = {w: i for i, w in enumerate(itos)}


def review():
    label = random.randint(0, 1)
    words = []
    for _ in range(random.randint(2, 4)):
        words += random.choices(FILL, k=random.randint(1, 3))
        hit = label == 1 if random.random() < 0.85 else label == 0
        if random.random() < 0.4:
            words += ["not", random.choice(BAD if hit else GOOD)]
        else:
            words += [random.choice(GOOD if hit else BAD)]
    return [stoi[w] for w in words], label


def collate(batch):
    batch = sorted(batch, key=lambda b: -len(b[0]))
    ids = [torch.tensor(b[0]) for b in batch]
    return pad_sequence(ids, batch_first=True), torch.tensor([len(i) for i in ids]), torch.tensor([b[1] for b in batch])


class BiLSTM(nn.Module):
    def __init__(self, vocab, emb=24, hidden=24):
        super().__init__()
        self.emb = nn.Embedding(vocab, emb, padding_idx=0)
        self.lstm = nn.LSTM(emb, hidden, bidirectional=True, batch_first=True)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(2 * hidden, 2)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.emb(ids), lengths, batch_first=True)
        _, (h, _) = self.lstm(packed)
        return self.fc(self.drop(torch.cat([h[0], h[1]], dim=1)))


train_data = [review() for _ in range(1500)]
test_data = [review() for _ in range(500)]
model = BiLSTM(len(itos))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
criterion = nn.CrossEntropyLoss()

for epoch in range(5):
    model.train()
    total = 0.0
    for ids, lengths, labels in DataLoader(train_data, 32, shuffle=True, collate_fn=collate):
        optimizer.zero_grad()
        loss = criterion(model(ids, lengths), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(labels)
    print(f"Epoch {epoch + 1} | train loss {total / len(train_data):.4f}")

model.eval()
correct = 0
with torch.no_grad():
    for ids, lengths, labels in DataLoader(test_data, 100, collate_fn=collate):
        correct += (model(ids, lengths).argmax(1) == labels).sum().item()
print(f"metric: accuracy {correct / len(test_data):.4f}")
