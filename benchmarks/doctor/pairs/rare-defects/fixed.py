"""Defective parts among good ones from eight sensor readings."""
import torch
from sklearn.metrics import balanced_accuracy_score, recall_score
from torch import nn

torch.manual_seed(14)


def parts(n):
    defect = torch.rand(n) < 0.04
    x = torch.randn(n, 8)
    x[defect, :3] += 1.1
    x[defect, 3] *= 1.8
    return x, defect.float()


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 12), nn.ReLU())
        self.top = nn.Linear(12, 1)

    def forward(self, x):
        return self.top(self.body(x))[:, 0]


x, y = parts(3000)
x_test, y_test = parts(3000)
net = Detector()
criterion = nn.BCEWithLogitsLoss(pos_weight=(1 - y).sum() / y.sum())
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(12):
    net.train()
    for idx in torch.randperm(len(x)).split(64):
        adam.zero_grad()
        loss = criterion(net(x[idx]), y[idx])
        loss.backward()
        adam.step()
    net.eval()
    with torch.no_grad():
        flags = (net(x_test) > 0).float()
    print(f"epoch {epoch + 1} loss {loss.item():.4f} recall {recall_score(y_test, flags, zero_division=0):.3f}")
print(f"metric: balanced_accuracy {balanced_accuracy_score(y_test, flags):.4f}")
