"""Learning to rank from pairs with MarginRankingLoss, judged by Kendall's tau on held-out items."""

import torch
from scipy.stats import kendalltau
from torch import nn

torch.manual_seed(0)
items = torch.randn(800, 8)
worth = items[:, 0] * 1.5 - items[:, 1] + torch.sin(2 * items[:, 2]) + 0.3 * items[:, 3] * items[:, 4]
train, test = torch.arange(600), torch.arange(600, 800)


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.layers(x).squeeze(-1)


scorer = Scorer()
criterion = nn.MarginRankingLoss(margin=0.5)
optimizer = torch.optim.Adam(scorer.parameters(), lr=2e-3)
for step in range(900):
    a, b = train[torch.randint(600, (64,))], train[torch.randint(600, (64,))]
    better = torch.sign(worth[a] - worth[b])
    loss = criterion(scorer(items[a]), scorer(items[b]), better)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 200 == 0:
        print(f"step {step}: {loss.item():.4f}")

scorer.eval()
with torch.no_grad():
    tau = kendalltau(scorer(items[test]).numpy(), worth[test].numpy()).statistic
print(f"metric: kendall_tau {tau:.4f}")
