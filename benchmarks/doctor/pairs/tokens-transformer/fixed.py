"""Which of four motifs hides in a string of tokens? A tiny transformer encoder."""
import torch
from torch import nn

VOCAB, LENGTH, DIM = 12, 16, 32
MOTIFS = torch.tensor([[1, 5], [5, 1], [7, 2], [2, 7]])


def sample(n, g):
    tokens = torch.randint(0, VOCAB, (n, LENGTH), generator=g)
    label = torch.randint(0, 4, (n,), generator=g)
    at = torch.randint(0, LENGTH // 2, (n,), generator=g) * 2
    for i in range(n):
        tokens[i][(tokens[i] == 1) | (tokens[i] == 2) | (tokens[i] == 5) | (tokens[i] == 7)] = 0
        tokens[i, at[i]:at[i] + 2] = MOTIFS[label[i]]
    return tokens, label


class MotifFormer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, DIM)
        self.position = nn.Parameter(0.1 * torch.randn(LENGTH, DIM))
        layer = nn.TransformerEncoderLayer(DIM, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(DIM, 4)

    def forward(self, tokens):
        h = self.encoder(self.embed(tokens) + self.position)
        return self.head(h.mean(dim=1))


g = torch.Generator().manual_seed(4)
torch.manual_seed(4)
train_x, train_y = sample(1500, g)
test_x, test_y = sample(500, g)
model = MotifFormer()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(10):
    model.train()
    total = 0.0
    for i in torch.randperm(len(train_x)).split(50):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(model(train_x[i]), train_y[i])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(i)
    model.eval()
    with torch.no_grad():
        logits = model(test_x)
        acc, test_loss = (logits.argmax(1) == test_y).float().mean().item(), loss_fn(logits, test_y).item()
    print(f"epoch {epoch}: train loss {total / len(train_x):.4f} | test loss {test_loss:.4f} acc {acc:.4f}")
print(f"metric: cross_entropy {test_loss:.4f}")
