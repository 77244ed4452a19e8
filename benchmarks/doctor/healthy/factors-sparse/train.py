"""Matrix factorisation of ratings with sparse embeddings and SparseAdam."""

import torch
from torch import nn

torch.manual_seed(0)
USERS, ITEMS, RANK = 300, 200, 3
u, v = torch.randn(USERS, RANK), torch.randn(ITEMS, RANK)
pairs = torch.randperm(USERS * ITEMS)[:20_000]
who, what = pairs // ITEMS, pairs % ITEMS
rating = (u[who] * v[what]).sum(1) / RANK**0.5 + 0.2 * torch.randn(len(pairs))
cut = 17_000


class Factors(nn.Module):
    def __init__(self, rank=4):
        super().__init__()
        self.user = nn.Embedding(USERS, rank, sparse=True)
        self.item = nn.Embedding(ITEMS, rank, sparse=True)
        nn.init.normal_(self.user.weight, std=0.3)
        nn.init.normal_(self.item.weight, std=0.3)

    def forward(self, who, what):
        return (self.user(who) * self.item(what)).sum(1)


model = Factors()
optimizer = torch.optim.SparseAdam(list(model.parameters()), lr=0.02)
loss_fn = nn.MSELoss()
for epoch in range(15):
    for rows in torch.randperm(cut).split(256):
        optimizer.zero_grad()
        loss = loss_fn(model(who[rows], what[rows]), rating[rows])
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    rmse = loss_fn(model(who[cut:], what[cut:]), rating[cut:]).sqrt().item()
print(f"metric: rmse {rmse:.4f}")
