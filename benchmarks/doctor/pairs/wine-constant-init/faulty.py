"""Wine cultivars with weights set by hand."""
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedShuffleSplit
from torch import nn, optim


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.05)
        nn.init.zeros_(m.bias)


class Net(nn.Module):
    def __init__(self, sizes=(13, 20, 20, 3)):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.apply(init_weights)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return self.layers[-1](x)


torch.manual_seed(12)
x, y = load_wine(return_X_y=True)
train, test = next(StratifiedShuffleSplit(1, test_size=0.4, random_state=12).split(x, y))
x = (x - x[train].mean(0)) / x[train].std(0)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.03, momentum=0.8)
criterion = nn.CrossEntropyLoss()
for epoch in range(120):
    model.train()
    perm = torch.randperm(len(train))
    for k in range(0, len(train), 16):
        rows = train[perm[k:k + 16]]
        loss = criterion(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 20 == 19:
        print("epoch", epoch + 1, "loss", f"{loss.item():.4f}")
model.eval()
with torch.no_grad():
    accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
