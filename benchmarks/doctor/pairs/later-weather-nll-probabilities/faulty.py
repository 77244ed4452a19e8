"""Weather type from station readings, a small residual network."""
import torch
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(27)
X, y = make_classification(3000, 24, n_informative=14, n_redundant=4, n_classes=8, n_clusters_per_class=1, class_sep=1.2, random_state=27)
X_train, X_test, y_train, y_test = train_test_split(torch.tensor(X, dtype=torch.float32), torch.tensor(y), random_state=27)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.f = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x):
        return x + self.f(x)


class Weather(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(24, 32)
        self.blocks = nn.Sequential(Residual(32), Residual(32))
        self.top = nn.Linear(32, 8)

    def forward(self, x):
        x = self.top(self.blocks(self.stem(x)))
        return F.softmax(x, dim=1)


net = Weather()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(15):
    net.train()
    for i in torch.randperm(len(X_train)).split(64):
        opt.zero_grad()
        loss = F.nll_loss(net(X_train[i]), y_train[i])
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(X_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch:02d} | loss {loss.item():.4f} | acc {acc:.4f}")
print(f"metric: accuracy {acc:.4f}")
