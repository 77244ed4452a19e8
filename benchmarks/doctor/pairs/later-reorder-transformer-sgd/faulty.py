"""A small transformer that sorts eight numbers."""
import torch
from torch import nn

torch.manual_seed(4)
SYMBOLS, LENGTH = 12, 8


class Sorter(nn.Module):
    def __init__(self, width=32, heads=4, layers=2):
        super().__init__()
        self.token = nn.Embedding(SYMBOLS, width)
        self.place = nn.Parameter(0.02 * torch.randn(LENGTH, width))
        layer = nn.TransformerEncoderLayer(width, heads, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.read = nn.Linear(width, SYMBOLS)

    def forward(self, ids):
        return self.read(self.encoder(self.token(ids) + self.place))


def fresh(n):
    ids = torch.randint(0, SYMBOLS, (n, LENGTH))
    return ids, ids.sort(1).values


def train(model, optimizer, steps):
    criterion = nn.CrossEntropyLoss()
    for step in range(steps):
        ids, wanted = fresh(64)
        loss = criterion(model(ids).transpose(1, 2), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {loss.item():.4f}")


model = Sorter()
decayed = [p for p in model.parameters() if p.dim() > 1]
others = [p for p in model.parameters() if p.dim() <= 1]
groups = [{"params": decayed, "weight_decay": 1e-4}, {"params": others, "weight_decay": 0.0}]
train(model, torch.optim.SGD(groups, lr=0.01), steps=600)
model.eval()
with torch.no_grad():
    ids, wanted = fresh(1000)
    accuracy = (model(ids).argmax(-1) == wanted).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
