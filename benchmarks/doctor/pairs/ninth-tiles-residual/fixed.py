import torch
from torch import nn, optim

torch.manual_seed(60)


class Residual(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lin1 = nn.Linear(dim, dim)
        self.lin2 = nn.Linear(dim, dim)
        self.act = nn.ReLU()

    def forward(self, x):
        h = self.act(self.lin1(x))
        h = self.lin2(h)
        return x + h


def make_tiles(n):
    """Four classes on a rotated, warped checkerboard."""
    p = torch.rand(n, 2) * 2 - 1
    q = p @ torch.tensor([[0.8, -0.6], [0.6, 0.8]])
    q = q + 0.15 * torch.sin(3 * q.flip(1))
    cell = torch.floor(q * 1.6 + 0.5).long()
    return p * 1.7, (cell[:, 0] % 2) * 2 + cell[:, 1] % 2


x_train, y_train = make_tiles(4000)
x_test, y_test = make_tiles(1000)
net = nn.Sequential(nn.Linear(2, 64), Residual(64), Residual(64), Residual(64), nn.Linear(64, 4))
optimizer = optim.Adam(net.parameters(), lr=0.002)
criterion = nn.CrossEntropyLoss()
n_batches = 0
for epoch in range(1, 26):
    permutation = torch.randperm(x_train.size(0))
    epoch_loss = 0
    for i in range(0, x_train.size(0), 64):
        indices = permutation[i:i + 64]
        batch_x, batch_y = x_train[indices], y_train[indices]
        outputs = net(batch_x)
        loss = criterion(outputs, batch_y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(indices)
    if epoch % 5 == 0:
        print('Epoch: {} Loss: {:.4f}'.format(epoch, epoch_loss / len(x_train)))

net.eval()
with torch.no_grad():
    acc = (net(x_test).argmax(dim=1) == y_test).float().mean()
print('metric: accuracy {:.4f}'.format(acc.item()))
