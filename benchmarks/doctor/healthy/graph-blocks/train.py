"""Graph convolution written by hand: which community is each node in, from a fifth of the labels."""

import torch
from torch import nn

torch.manual_seed(4)
N, CLASSES, FEATURES = 400, 4, 16
label = torch.arange(N) % CLASSES
same = label[:, None] == label[None]
edges = torch.rand(N, N) < torch.where(same, 0.06, 0.008)
adjacency = (edges | edges.T).float().fill_diagonal_(1.0)
degree = adjacency.sum(1)
propagate = adjacency / (degree[:, None] * degree[None]).sqrt()
centres = torch.randn(CLASSES, FEATURES)
features = centres[label] * 0.6 + torch.randn(N, FEATURES)
order = torch.randperm(N)
train, test = order[:80], order[80:]


class GraphConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, a):
        return a @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = GraphConv(FEATURES, 16), GraphConv(16, CLASSES)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x, a):
        return self.second(self.dropout(torch.relu(self.first(x, a))), a)


model = GCN()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-3)
for epoch in range(200):
    model.train()
    optimizer.zero_grad()
    out = model(features, propagate)
    loss = nn.functional.cross_entropy(out[train], label[train])
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        print(epoch, round(loss.item(), 4))

model.eval()
with torch.no_grad():
    said = model(features, propagate).argmax(1)
print(f"metric: accuracy {(said[test] == label[test]).float().mean().item():.4f}")
