"""Pretrain on five digits, then carry the network over to the other five."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(19)
images, labels = load_digits(return_X_y=True)
images, labels = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
old, new = labels < 5, labels >= 5


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU())
        self.head = nn.Linear(24, 5)

    def forward(self, x):
        return self.head(self.features(x))


def fit(model, optimizer, x, y, epochs):
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {loss.item():.4f}")


model = Backbone()
fit(model, torch.optim.Adam(model.parameters(), lr=2e-3), images[old], labels[old], 10)

model.head = nn.Linear(24, 5)
finetune = torch.optim.Adam([
    {"params": model.features.parameters(), "lr": 2e-4},
    {"params": model.head.parameters(), "lr": 1e-2},
])
x, y = images[new], labels[new] - 5
order = torch.randperm(len(x))
fit(model, finetune, x[order[:600]], y[order[:600]], 20)
test = order[600:]
with torch.no_grad():
    accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
