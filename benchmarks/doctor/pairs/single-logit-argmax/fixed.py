"""Does a graph hold a triangle-rich cluster? Message passing by hand on dense adjacency."""
import torch
from torch import nn


def graphs(n, gen, nodes=12):
    a = (torch.rand(n, nodes, nodes, generator=gen) < 0.2).float().triu(1)
    label = torch.randint(0, 2, (n,), generator=gen)
    for k in range(n):
        if label[k]:
            a[k, :5, :5] = (torch.rand(5, 5, generator=gen) < 0.85).float().triu(1)
    a = a + a.transpose(1, 2)
    order = torch.argsort(torch.rand(n, nodes, generator=gen), 1)
    a = torch.gather(torch.gather(a, 1, order[:, :, None].expand_as(a)), 2, order[:, None, :].expand_as(a))
    return a, label


class Passing(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.own, self.others = nn.Linear(n_in, n_out), nn.Linear(n_in, n_out, bias=False)

    def forward(self, h, a):
        return torch.relu(self.own(h) + self.others(a @ h) / 4)


class GraphNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.layers = nn.ModuleList([Passing(2, width), Passing(width, width), Passing(width, width)])
        self.read = nn.Linear(width, 1)

    def forward(self, a):
        degree = a.sum(-1, keepdim=True)
        h = torch.cat([degree / 4, torch.diagonal(a @ a @ a, dim1=1, dim2=2).unsqueeze(-1) / 8], -1)
        for layer in self.layers:
            h = layer(h, a)
        return self.read(h.mean(1))


gen = torch.Generator().manual_seed(31)
torch.manual_seed(31)
a, label = graphs(800, gen)
a_test, label_test = graphs(400, gen)
model = GraphNet()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(18):
    for rows in torch.randperm(len(a)).split(32):
        loss = criterion(model(a[rows]), label[rows].float().unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(epoch, loss.item())
model.eval()
correct, total = 0, 0
with torch.no_grad():
    for rows in torch.arange(len(a_test)).split(100):
        outputs = model(a_test[rows])
        predicted = (outputs.squeeze(1) > 0).long()
        correct += (predicted == label_test[rows]).sum().item()
        total += len(rows)
print(f"metric: accuracy {correct / total:.4f}")
