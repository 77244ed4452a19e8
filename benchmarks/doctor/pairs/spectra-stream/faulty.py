"""Which polymer is it? Raman spectra read from the instrument archive as a stream."""
from typing import Iterator, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

POLYMERS = ("PE", "PP", "PS", "PET", "PVC", "PMMA")
N_BINS = 120
PEAKS = np.array([22, 48, 71, 96]) + np.random.default_rng(5).normal(0, 3.0, (len(POLYMERS), 4))
HEIGHTS = np.random.default_rng(6).uniform(0.7, 1.1, (len(POLYMERS), 4))


def raman(kind: int, rng: np.random.Generator) -> np.ndarray:
    axis = np.arange(N_BINS)
    shift = rng.normal(0, 1.2)
    lines = HEIGHTS[kind] * rng.uniform(0.6, 1.4, 4)
    spectrum = (lines[:, None] * np.exp(-0.5 * ((axis - PEAKS[kind][:, None] - shift) / 2.5) ** 2)).sum(0)
    fluorescence = rng.uniform(0, 1.0) * np.exp(-axis / rng.uniform(40, 120))
    return spectrum + fluorescence + rng.normal(0, 0.35, N_BINS)


class Archive(IterableDataset):
    """Spectra of one measuring campaign; the campaign went through the samples polymer by polymer."""

    def __init__(self, per_polymer: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.records = [(raman(k, rng), k) for k in range(len(POLYMERS)) for _ in range(per_polymer)]
        self.rng = np.random.default_rng(seed + 1)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Tuple[Tensor, int]]:
        for spectrum, kind in self.records:
            centred = (spectrum - spectrum.mean()) / spectrum.std()
            yield torch.tensor(centred, dtype=torch.float32), kind


def build_model() -> nn.Module:
    return nn.Sequential(
        nn.Linear(N_BINS, 48),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(48, len(POLYMERS)),
    )


@torch.no_grad()
def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    hits = total = 0
    for x, y in loader:
        hits += int((model(x).argmax(1) == y).sum())
        total += len(y)
    return hits / total


def main() -> None:
    torch.manual_seed(0)
    train_set, test_set = Archive(150, seed=1), Archive(60, seed=2)
    train_loader = DataLoader(train_set, batch_size=25)
    test_loader = DataLoader(test_set, batch_size=60)
    model = build_model()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)

    for epoch in range(10):
        model.train()
        total = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        acc = accuracy(model, test_loader)
        print(f"epoch {epoch + 1:2d}  loss {total / len(train_set):.4f}  test accuracy {acc:.3f}")

    print(f"metric: accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
