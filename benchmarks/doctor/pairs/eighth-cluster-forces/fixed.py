"""Energies and forces of small argon-like clusters from a pair network; forces are minus the gradient."""
from dataclasses import dataclass

import torch
import torch.nn as nn


@dataclass
class Config:
    atoms: int = 5
    train: int = 400
    test: int = 150
    epochs: int = 40
    batch: int = 20
    lr: float = 5e-3
    energy_weight: float = 0.01
    force_weight: float = 1.0
    seed: int = 2


def pair_distances(pos):
    n = pos.shape[1]
    i, j = torch.triu_indices(n, n, 1)
    return (pos[:, i] - pos[:, j]).square().sum(-1).sqrt()


def morse(pos):
    r = pair_distances(pos)
    return ((1 - torch.exp(-1.5 * (r - 1.5))) ** 2 - 1).sum(1)


def sample_clusters(count, atoms, generator):
    """Random clusters without atoms too close to one another."""
    kept = []
    while len(kept) < count:
        pos = torch.rand(1, atoms, 3, generator=generator) * 3.0
        if pair_distances(pos).min() > 1.1:
            kept.append(pos)
    pos = torch.cat(kept).requires_grad_(True)
    energy = morse(pos)
    forces = -torch.autograd.grad(energy.sum(), pos)[0]
    return pos.detach(), energy.detach(), forces


class PairPotential(nn.Module):
    def __init__(self, hidden=32, features=12):
        super().__init__()
        self.register_buffer("centres", torch.linspace(1.0, 5.0, features))
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
                                 nn.Linear(hidden, 1))
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, pos):
        r = pair_distances(pos)
        basis = torch.exp(-4.0 * (r.unsqueeze(-1) - self.centres) ** 2)
        return self.net(basis).squeeze(-1).sum(1) + self.offset


def energy_and_forces(model, pos, training):
    positions = pos.clone().requires_grad_(True)
    energy = model(positions)
    grad = torch.autograd.grad(energy.sum(), positions, create_graph=training)[0]
    return energy, -grad


def evaluate(model, data):
    model.eval()
    pos, _, forces = data
    _, predicted = energy_and_forces(model, pos, training=False)
    return 1 - ((predicted - forces).square().sum() / (forces - forces.mean(0)).square().sum()).item()


def main(cfg=Config()):
    torch.manual_seed(cfg.seed)
    generator = torch.Generator().manual_seed(cfg.seed)
    train = sample_clusters(cfg.train, cfg.atoms, generator)
    test = sample_clusters(cfg.test, cfg.atoms, generator)
    model = PairPotential()
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, cfg.epochs)
    for epoch in range(cfg.epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(cfg.train).split(cfg.batch):
            pos, energy, forces = (t[rows] for t in train)
            e, f = energy_and_forces(model, pos, training=True)
            loss = (cfg.energy_weight * (e - energy).square().mean()
                    + cfg.force_weight * (f - forces).square().mean())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows) / cfg.train
        scheduler.step()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {total:.4f} force r2 {evaluate(model, test):.4f}")
    print(f"metric: force_r2 {evaluate(model, test):.4f}")


main()
