"""Drug-target affinities by matrix factorisation."""
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(14)
N_DRUGS, N_TARGETS, RANK = 80, 60, 4

u, v = torch.randn(N_DRUGS, 3), torch.randn(N_TARGETS, 3)
affinity = 6.0 + 0.8 * (u @ v.T) + 0.3 * torch.randn(N_DRUGS, 1) + 0.3 * torch.randn(1, N_TARGETS)
affinity = affinity + 0.2 * torch.randn_like(affinity)
drug, target = torch.meshgrid(torch.arange(N_DRUGS), torch.arange(N_TARGETS), indexing="ij")
data = TensorDataset(drug.flatten(), target.flatten(), affinity.flatten())
train, test = random_split(data, [3800, len(data) - 3800])


class Factorisation(nn.Module):
    def __init__(self, n_drugs, n_targets, rank, mean):
        super().__init__()
        self.drug = nn.Embedding(n_drugs, rank)
        self.target = nn.Embedding(n_targets, rank)
        self.drug_bias = nn.Embedding(n_drugs, 1)
        self.target_bias = nn.Embedding(n_targets, 1)
        self.mean = mean
        self.reset_parameters()

    def reset_parameters(self):
        for table in (self.drug_bias, self.target_bias):
            nn.init.zeros_(table.weight)
        for table in (self.drug, self.target):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, d, t):
        dot = (self.drug(d) * self.target(t)).sum(-1)
        bias = self.drug_bias(d) + self.target_bias(t)
        return self.mean + bias.squeeze(-1) + dot


y_train = affinity.flatten()[train.indices]
model = Factorisation(N_DRUGS, N_TARGETS, RANK, y_train.mean().item())
opt = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(12):
    total = 0.0
    for d, t, y in DataLoader(train, batch_size=100, shuffle=True):
        loss = nn.functional.mse_loss(model(d, t), y) + 0.02 * (
            model.drug(d).pow(2).mean() + model.target(t).pow(2).mean())
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    print(f"epoch {epoch + 1} loss {total / len(train):.4f}")

d, t, y = next(iter(DataLoader(test, batch_size=len(test))))
with torch.no_grad():
    mse = nn.functional.mse_loss(model(d, t), y).item()
print(f"metric: r2 {1 - mse / y.var().item():.4f}")
