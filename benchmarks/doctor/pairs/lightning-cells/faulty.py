"""Lightning within 30 minutes? A module with training and validation steps, driven by a small loop."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


class LightningNowcast(nn.Module):
    def __init__(self, n_features, width=32, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.encoder = nn.Sequential(nn.Linear(n_features, width), nn.LayerNorm(width), nn.GELU())
        self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 2))
        self.log = {}

    def forward(self, x):
        return self.head(self.encoder(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log["train_loss"] = loss.item()
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        return torch.bincount(2 * y + self(x).argmax(1), minlength=4)

    def validation_epoch_end(self, outputs):
        (tn, fp), (fn, tp) = torch.stack(outputs).sum(0).view(2, 2).tolist()
        self.log["mean_recall"] = 0.5 * (tp / (tp + fn) + tn / (tn + fp))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.lr)


def cells(n, rng):
    top_km = rng.gamma(9, 0.9, n)
    ice_water = rng.gamma(2, 0.6, n) * np.clip(top_km - 4, 0, None) / 4
    cape = rng.gamma(1.5, 500, n)
    updraft = 0.14 * np.sqrt(2 * cape) + rng.normal(0, 1.5, n)
    cooling = rng.normal(0, 6, n) - 0.8 * updraft
    index = 0.8 * (top_km - 8) + 1.1 * ice_water + 0.5 * updraft - 0.15 * cooling - 14.0
    flash = (index + rng.logistic(0, 1.3, n) > 0).astype(int)
    x = np.column_stack([top_km, np.log1p(ice_water), cape / 1000, cooling, rng.normal(0, 1, n)])
    return x, flash


def loaders(rng):
    x, y = cells(6000, rng)
    xv, yv = cells(4000, rng)
    mean, std = x.mean(0), x.std(0)
    wrap = lambda a, b: TensorDataset(torch.tensor((a - mean) / std, dtype=torch.float32), torch.tensor(b))
    weights = torch.ones(len(y))
    sampler = WeightedRandomSampler(weights, num_samples=2400)
    print("share of cells with lightning: %.4f" % y.mean())
    return DataLoader(wrap(x, y), batch_size=48, sampler=sampler), DataLoader(wrap(xv, yv), batch_size=500)


def fit(module, train, valid, max_epochs):
    optimizer = module.configure_optimizers()
    for epoch in range(max_epochs):
        module.train()
        for i, batch in enumerate(train):
            optimizer.zero_grad()
            module.training_step(batch, i).backward()
            optimizer.step()
        module.eval()
        with torch.no_grad():
            module.validation_epoch_end([module.validation_step(b, i) for i, b in enumerate(valid)])
        print(f"epoch {epoch}: " + ", ".join(f"{k} {v:.4f}" for k, v in module.log.items()))


torch.manual_seed(61)
train, valid = loaders(np.random.default_rng(61))
module = LightningNowcast(5)
fit(module, train, valid, max_epochs=8)
print(f"metric: mean_recall {module.log['mean_recall']:.4f}")
