"""A small transformer counts the sevens in a row of digits."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

hparams = {
    "d_model": 32,
    "heads": 4,
    "layers": 2,
    "lr": 1e-3,
    "epochs": 25,
    "batch": 64,
}


class Counter(nn.Module):
    def __init__(self, d_model, heads, layers, length=12):
        super().__init__()
        self.tok = nn.Embedding(10, d_model)
        self.pos = nn.Parameter(0.02 * torch.randn(length, d_model))
        layer = nn.TransformerEncoderLayer(d_model, heads, 2 * d_model, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, layers)
        self.cls = nn.Linear(d_model, 5)

    def forward(self, digits):
        return self.cls(self.enc(self.tok(digits) + self.pos).mean(1))


def rows_of_digits(n):
    digits = torch.randint(0, 10, (n, 12))
    digits[torch.rand(n, 12) < 0.1] = 7
    return TensorDataset(digits, (digits == 7).sum(1).clamp(max=4))


torch.manual_seed(14)
train_loader = DataLoader(rows_of_digits(1500), batch_size=hparams["batch"], shuffle=True)
val_loader = DataLoader(rows_of_digits(600), batch_size=300)
model = Counter(hparams["d_model"], hparams["heads"], hparams["layers"])
optimizer = torch.optim.AdamW(model.parameters(), lr=hparams["lr"])
criterion = nn.CrossEntropyLoss()
for epoch in range(hparams["epochs"]):
    model.train()
    for digits, count in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(digits), count)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(d).argmax(1) == c).sum().item() for d, c in val_loader)
    print(f"epoch {epoch + 1}: train loss {loss.item():.4f}, val acc {right / 600:.4f}")
print(f"metric: accuracy {right / 600:.4f}")
