"""Layer-wise learning rates for a character CNN that tells made-up languages apart."""
import itertools
import random
from dataclasses import dataclass

import torch
from torch import Tensor, nn

CHARS = "abcdefghijklmnop"


@dataclass
class Rates:
    top: float = 4e-3
    decay: float = 0.08

    def groups(self, model: nn.Module) -> list[dict]:
        stages = [model.embed, *model.convs, model.head]
        depth = len(stages)
        return [{"params": list(stage.parameters()), "lr": self.top * self.decay ** (depth - 1 - i)}
                for i, stage in enumerate(stages)]


def language(seed: int) -> dict[str, str]:
    rng = random.Random(seed)
    return {c: "".join(rng.sample(CHARS, 5)) for c in CHARS}


def word(table: dict[str, str], length: int, rng: random.Random) -> list[int]:
    text = rng.choice(CHARS)
    while len(text) < length:
        text += rng.choice(table[text[-1]])
    return [CHARS.index(c) for c in text]


class CharCNN(nn.Module):
    def __init__(self, languages: int, dim: int = 8) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(CHARS), dim)
        self.convs = nn.ModuleList([nn.Conv1d(dim, 20, 2), nn.Conv1d(20, 20, 1)])
        self.head = nn.Linear(20, languages)

    def forward(self, x: Tensor) -> Tensor:
        h = self.embed(x).transpose(1, 2)
        for conv in self.convs:
            h = torch.relu(conv(h))
        return self.head(h.mean(dim=2))


def corpus(tables: list[dict[str, str]], n: int, rng: random.Random) -> tuple[Tensor, Tensor]:
    labels = [k for k, _ in zip(itertools.cycle(range(len(tables))), range(n))]
    return torch.tensor([word(tables[k], 16, rng) for k in labels]), torch.tensor(labels)


torch.manual_seed(83)
rng = random.Random(83)
tables = [language(s) for s in range(4)]
x, y = corpus(tables, 2000, rng)
x_test, y_test = corpus(tables, 600, rng)
model = CharCNN(len(tables))
optimizer = torch.optim.Adam(Rates().groups(model))
for epoch in range(18):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x)).split(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {total / len(x):.4f}")
model.eval()
with torch.no_grad():
    print(f"metric: accuracy {(model(x_test).argmax(1) == y_test).float().mean().item():.4f}")
