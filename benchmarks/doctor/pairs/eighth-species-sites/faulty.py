"""Log abundance of plant species at survey plots: main effects and a low-rank interaction of both."""
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = 33
N_SPECIES, N_SITES, RANK = 60, 90, 4


def survey(rng):
    traits, climate = rng.normal(size=(N_SPECIES, RANK)), rng.normal(size=(N_SITES, RANK))
    common, rich = rng.normal(0, 0.5, N_SPECIES), rng.normal(0, 0.4, N_SITES)
    field = common[:, None] + rich[None] + 0.6 * traits @ climate.T
    species, site = np.nonzero(rng.random(field.shape) < 0.6)
    value = field[species, site] + rng.normal(0, 0.25, len(species))
    return pd.DataFrame({"species": species, "site": site, "log_abundance": value + 1.2})


class Records(Dataset):
    def __init__(self, frame):
        self.index = torch.tensor(frame[["species", "site"]].to_numpy())
        self.value = torch.tensor(frame["log_abundance"].to_numpy(), dtype=torch.float32)

    def __len__(self):
        return len(self.value)

    def __getitem__(self, i):
        return self.index[i], self.value[i]


class Interaction(nn.Module):
    def __init__(self, n_species, n_sites, rank, mean):
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(float(mean)))
        self.species_effect = nn.Parameter(torch.zeros(n_species))
        self.site_effect = nn.Parameter(torch.zeros(n_sites))
        self.species = nn.Parameter(torch.zeros(n_species, rank))
        self.site = nn.Parameter(torch.zeros(n_sites, rank))

    def forward(self, index):
        i, j = index.unbind(1)
        main = self.mean + self.species_effect[i] + self.site_effect[j]
        return main + torch.einsum("nr,nr->n", self.species[i], self.site[j])

    def penalty(self, strength):
        return strength * (self.species.square().mean() + self.site.square().mean())


def evaluate(model, records):
    model.eval()
    with torch.no_grad():
        pred = model(records.index)
    truth = records.value
    return (1 - (pred - truth).square().sum() / (truth - truth.mean()).square().sum()).item()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    table = survey(rng).sample(frac=1.0, random_state=SEED)
    cut = int(0.85 * len(table))
    train, test = Records(table[:cut]), Records(table[cut:])
    model = Interaction(N_SPECIES, N_SITES, RANK, train.value.mean())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
    for epoch in range(40):
        model.train()
        total = 0.0
        for index, value in DataLoader(train, batch_size=64, shuffle=True):
            error = (model(index) - value).square().mean()
            loss = error + model.penalty(0.02)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += error.item() * len(value)
        schedule.step()
        if epoch % 8 == 7:
            print(f"epoch {epoch + 1} mse {total / len(train):.4f} r2 {evaluate(model, test):.4f}")
    print(f"metric: r2 {evaluate(model, test):.4f}")


if __name__ == "__main__":
    main()
