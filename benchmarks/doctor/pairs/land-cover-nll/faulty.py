"""Land cover from reflectances."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class Cover(nn.Module):
    def __init__(self, bands, classes):
        super().__init__()
        self.norm = nn.BatchNorm1d(bands)
        self.fc1 = nn.Linear(bands, 64)
        self.fc2 = nn.Linear(64, classes)

    def forward(self, bands):
        h = F.relu(self.fc1(self.norm(bands)))
        return F.softmax(self.fc2(h), dim=1)


torch.manual_seed(31)
labels = torch.randint(0, 6, (2400,))
spectra = torch.rand(6, 9)[labels] * 0.35 + 0.12 * torch.randn(2400, 9)
train, test = TensorDataset(spectra[:2000], labels[:2000]), (spectra[2000:], labels[2000:])
net = Cover(9, 6)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(8):
    net.train()
    for bands, label in DataLoader(train, batch_size=40, shuffle=True):
        opt.zero_grad()
        loss = F.nll_loss(net(bands), label)
        loss.backward()
        opt.step()
    print(f"{epoch} {loss.item():.3f}")
net.eval()
with torch.no_grad():
    acc = (net(test[0]).argmax(1) == test[1]).float().mean()
print("metric: accuracy %.4f" % acc)
