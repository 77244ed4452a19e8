"""Bird species from song features; a class with its own loop."""
import torch
from torch import nn, optim


class Classifier:
    def __init__(self, n_features, n_species):
        self.model = nn.Sequential(nn.Linear(n_features, 50), nn.LeakyReLU(), nn.Linear(50, n_species))
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def update(self, features, species):
        scores = self.model(features)
        loss = nn.functional.cross_entropy(scores, species)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def score(self, features, species):
        with torch.no_grad():
            return (self.model(features).argmax(1) == species).float().mean().item()


torch.manual_seed(8)
proto = torch.randn(5, 12)
species = torch.randint(5, (1700,))
features = proto[species] + 0.9 * torch.randn(1700, 12)
clf = Classifier(12, 5)
for epoch in range(20):
    perm = torch.randperm(1300)
    losses = [clf.update(features[p], species[p]) for p in perm.split(26)]
    print(f"epoch {epoch}: {torch.stack(losses).mean():.4f}")
print(f"metric: accuracy {clf.score(features[1300:], species[1300:]):.4f}")
