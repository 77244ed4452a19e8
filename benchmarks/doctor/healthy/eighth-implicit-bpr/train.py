import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.default_rng(7)
torch.manual_seed(7)
N_USERS, N_ITEMS, K = 300, 200, 5

u_true, i_true = rng.normal(size=(N_USERS, K)), rng.normal(size=(N_ITEMS, K))
pop = rng.normal(size=N_ITEMS) * 0.5
scores = u_true @ i_true.T * 1.5 + pop + rng.gumbel(size=(N_USERS, N_ITEMS)) * 0.5
liked = np.argsort(-scores, axis=1)[:, :30]
train_pairs, test_items = [], np.zeros((N_USERS, N_ITEMS), bool)
seen = np.zeros((N_USERS, N_ITEMS), bool)
for u in range(N_USERS):
    items = rng.permutation(liked[u])
    test_items[u, items[:6]] = True
    seen[u, items[6:]] = True
    train_pairs += [(u, i) for i in items[6:]]
train_pairs = torch.tensor(np.array(train_pairs))
seen_t = torch.from_numpy(seen)


class MF(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.user = nn.Embedding(N_USERS, dim, sparse=True)
        self.item = nn.Embedding(N_ITEMS, dim, sparse=True)
        self.bias = nn.Embedding(N_ITEMS, 1, sparse=True)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)
        nn.init.zeros_(self.bias.weight)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1) + self.bias(i).squeeze(-1)


model = MF()
opt = torch.optim.SparseAdam(list(model.parameters()), lr=5e-3)
for epoch in range(30):
    total = 0.0
    for rows in torch.randperm(len(train_pairs)).split(256):
        u, pos = train_pairs[rows].T
        neg = torch.randint(0, N_ITEMS, (len(u),))
        keep = ~seen_t[u, neg]
        u, pos, neg = u[keep], pos[keep], neg[keep]
        reg = 0.02 * (model.user(u).pow(2).sum(1) + model.item(pos).pow(2).sum(1) + model.item(neg).pow(2).sum(1)).mean()
        loss = -F.logsigmoid(model(u, pos) - model(u, neg)).mean() + reg
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(u)
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} bpr {total / len(train_pairs):.4f}")

with torch.no_grad():
    s = model.user.weight @ model.item.weight.T + model.bias.weight.T
    s[seen_t] = -1e9
    top = s.topk(10, dim=1).indices.numpy()
hits = np.take_along_axis(test_items, top, axis=1).sum(1) / 6
print(f"metric: recall_at_10 {hits.mean():.4f}")
