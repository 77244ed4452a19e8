"""Digits by a GRU over rows; optimizer and loss are chosen by name."""
import torch
from sklearn.datasets import load_digits
from torch import nn

CONFIG = {"optimizer": {"name": "Adam", "lr": 5e-3}, "loss": "CrossEntropyLoss", "hidden": 32, "epochs": 12}


def optimizer_from(config, model):
    config = dict(config)
    return getattr(torch.optim, config.pop("name"))(model.parameters(), **config)


class RowReader(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.gru = nn.GRU(8, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 10)

    def forward(self, rows):
        _, last = self.gru(rows)
        return self.out(last.squeeze(0))


torch.manual_seed(18)
raw = load_digits()
x, y = torch.tensor(raw.images / 16, dtype=torch.float32), torch.tensor(raw.target)
order = torch.randperm(len(y))
train, test = order[:1300], order[1300:]
model = RowReader(CONFIG["hidden"])
criterion = getattr(nn, CONFIG["loss"])()
optimizer = optimizer_from(CONFIG["optimizer"], model)
for epoch in range(CONFIG["epochs"]):
    model.train()
    for rows in train[torch.randperm(len(train))].split(50):
        loss = criterion(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch + 1} loss {loss.item():.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
