"""Tag short documents: several tags may hold at once."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

VOCAB, TAGS, LENGTH = 200, 6, 24


class Documents(Dataset):
    """Each tag owns a few words; a document mixes words of its tags with common words."""

    def __init__(self, n: int, seed: int) -> None:
        g = torch.Generator().manual_seed(seed)
        self.words = torch.randint(TAGS * 15, VOCAB, (n, LENGTH), generator=g)
        self.tags = (torch.rand(n, TAGS, generator=g) < 0.4).float()
        for i in range(n):
            for tag in self.tags[i].nonzero().flatten().tolist():
                where = torch.randperm(LENGTH, generator=g)[:3]
                self.words[i, where] = torch.randint(tag * 15, tag * 15 + 15, (3,), generator=g)

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, i: int):
        return self.words[i], self.tags[i]


class Tagger(nn.Module):
    def __init__(self, dim: int = 24) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(VOCAB, dim, mode="sum")
        self.mlp = nn.Sequential(nn.Linear(dim, 48), nn.ReLU(), nn.Linear(48, TAGS))

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.mlp(self.bag(words))


def f1_micro(logits: torch.Tensor, target: torch.Tensor) -> float:
    on = logits.sigmoid() > 0.5
    hit = (on & target.bool()).sum().item()
    return 2 * hit / max(1, on.sum().item() + int(target.sum()))


class Trainer:
    def __init__(self, model: nn.Module, lr: float) -> None:
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader: DataLoader, epochs: int) -> None:
        for epoch in range(epochs):
            self.model.train()
            total = 0.0
            for words, tags in loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(words), tags)
                loss.backward()
                self.optimizer.step()
                total += loss.item()
            print(f"epoch {epoch + 1} loss {total / len(loader):.4f}")

    @torch.no_grad()
    def score(self, loader: DataLoader) -> float:
        self.model.eval()
        pairs = [(self.model(w), t) for w, t in loader]
        return f1_micro(torch.cat([p for p, _ in pairs]), torch.cat([t for _, t in pairs]))


torch.manual_seed(6)
train_set, test_set = random_split(Documents(2000, seed=6), [1500, 500], generator=torch.Generator().manual_seed(0))
trainer = Trainer(Tagger(), lr=5e-3)
trainer.fit(DataLoader(train_set, batch_size=32, shuffle=True), epochs=12)
print("metric: f1", round(trainer.score(DataLoader(test_set, batch_size=100)), 4))
