"""Wine cultivars and digits side by side: one class of network for both tables."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn


class TableNet(nn.Module):
    def __init__(self, columns, classes, rate=0.5):
        super().__init__()
        self.rate = rate
        self.first, self.second = nn.Linear(columns, 96), nn.Linear(96, 64)
        self.last = nn.Linear(64, classes)

    def forward(self, table):
        hidden = F.dropout(F.relu(self.first(table)), self.rate, training=self.training)
        hidden = F.dropout(F.relu(self.second(hidden)), self.rate, self.training)
        return self.last(hidden)


class Session:
    def __init__(self, net, lr=2e-3):
        self.net, self.opt = net, torch.optim.RMSprop(net.parameters(), lr=lr)

    def learn(self, x, y, epochs, size=50):
        self.net.train()
        for epoch in range(epochs):
            for rows in torch.randperm(len(x)).split(size):
                loss = F.cross_entropy(self.net(x[rows]), y[rows])
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            if epoch % 10 == 0:
                print("epoch", epoch, "loss", round(loss.item(), 3))
        return self

    @torch.no_grad()
    def score(self, x, y):
        self.net.eval()
        return (self.net(x).argmax(1) == y).float().mean().item()


torch.manual_seed(3)
x, y = load_digits(return_X_y=True)
x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=600, random_state=3, stratify=y)
scaler = StandardScaler().fit(x_tr)
x_tr, x_te = (torch.tensor(scaler.transform(part), dtype=torch.float32) for part in (x_tr, x_te))
session = Session(TableNet(64, 10)).learn(x_tr, torch.tensor(y_tr), 45)
print(f"metric: accuracy {session.score(x_te, torch.tensor(y_te)):.4f}")
