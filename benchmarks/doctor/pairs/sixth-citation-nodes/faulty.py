"""Graph convolution on a synthetic citation graph; decay on weights only, as separate groups."""
import torch
from torch import nn


def citation_graph(n=400, classes=4, words=80, seed=0):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, classes, (n,), generator=g)
    same = y[:, None] == y[None]
    p = torch.where(same, 0.04, 0.006)
    a = (torch.rand(n, n, generator=g) < p).float().triu(1)
    a = a + a.T + torch.eye(n)
    d = a.sum(1).rsqrt()
    topic = torch.rand(classes, words, generator=g) < 0.15
    x = (torch.rand(n, words, generator=g) < torch.where(topic[y], 0.22, 0.08)).float()
    x = x / x.sum(1, keepdim=True).clamp(min=1) * 8
    return x, d[:, None] * a * d[None], y


class GraphConv(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(d_in, d_out))
        self.bias = nn.Parameter(torch.zeros(d_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, adjacency, h):
        return adjacency @ (h @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, d_in, hidden, classes, drop=0.3):
        super().__init__()
        self.convs = nn.ModuleDict({"first": GraphConv(d_in, hidden), "second": GraphConv(hidden, classes)})
        self.drop = nn.Dropout(drop)

    def forward(self, adjacency, x):
        h = torch.relu(self.convs["first"](adjacency, self.drop(x)))
        return self.convs["second"](adjacency, self.drop(h))


def parameter_groups(model, decay):
    weights = [p for name, p in model.named_parameters() if name.endswith("weight")]
    others = [p for name, p in model.named_parameters() if not name.endswith("weight")]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


torch.manual_seed(0)
x, adjacency, y = citation_graph()
order = torch.randperm(len(y))
train, test = order[:140], order[200:]
model = GCN(x.shape[1], 24, 4)
optimizer = torch.optim.AdamW(parameter_groups(model, decay=30.0), lr=1e-2)
for epoch in range(120):
    model.train()
    loss = nn.functional.cross_entropy(model(adjacency, x)[train], y[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 30 == 29:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    accuracy = (model(adjacency, x).argmax(1)[test] == y[test]).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
