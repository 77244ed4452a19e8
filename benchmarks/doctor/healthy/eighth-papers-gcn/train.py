import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(2)
n, classes, feats = 600, 4, 50
y = torch.randint(0, classes, (n,))
same = (y[:, None] == y[None, :]).float()
prob = 0.03 * same + 0.003 * (1 - same)
upper = torch.triu(torch.rand(n, n) < prob, 1).float()
adj = upper + upper.T
topics = torch.rand(classes, feats).pow(3)
x = (torch.rand(n, feats) < 0.15 + 0.25 * topics[y]).float()
x = x / x.sum(1, keepdim=True).clamp(min=1)

a = adj + torch.eye(n)
dinv = a.sum(1).pow(-0.5)
a_hat = dinv[:, None] * a * dinv[None, :]

order = torch.randperm(n)
train_mask, val_mask, test_mask = (torch.zeros(n, dtype=torch.bool) for _ in range(3))
for c in range(classes):
    train_mask[order[y[order] == c][:15]] = True
rest = order[~train_mask[order]]
val_mask[rest[:150]] = True
test_mask[rest[150:]] = True


class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(i, o))
        self.bias = nn.Parameter(torch.zeros(o))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, h, a):
        return torch.einsum("nm,mi,io->no", a, h, self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = GraphConv(feats, 16), GraphConv(16, classes)

    def forward(self, h, a):
        h = F.dropout(F.relu(self.c1(h, a)), 0.5, self.training)
        return self.c2(h, a)


net = GCN()
opt = torch.optim.Adam([{"params": net.c1.parameters(), "weight_decay": 5e-4}, {"params": net.c2.parameters()}], lr=0.02)
best_val, best_state = -1.0, None
for epoch in range(250):
    net.train()
    opt.zero_grad()
    loss = F.cross_entropy(net(x, a_hat)[train_mask], y[train_mask])
    loss.backward()
    opt.step()
    net.eval()
    with torch.no_grad():
        val = (net(x, a_hat).argmax(1) == y)[val_mask].float().mean().item()
    if val > best_val:
        best_val, best_state = val, {k: v.clone() for k, v in net.state_dict().items()}
    if epoch % 50 == 49:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} val {val:.4f}")
net.load_state_dict(best_state)
net.eval()
with torch.no_grad():
    acc = (net(x, a_hat).argmax(1) == y)[test_mask].float().mean().item()
print(f"metric: accuracy {acc:.4f}")
