"""Plant-disease spots: classify patches; the test folder is read class by class."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SIZE = 14
KINDS = ("healthy", "rust", "mildew", "blight")


def draw(kind: str, rng: np.random.Generator) -> np.ndarray:
    img = rng.normal(0.5, 0.08, (SIZE, SIZE))
    if kind == "rust":
        for _ in range(7):
            r, c = rng.integers(1, SIZE - 1, 2)
            img[r, c] += 0.9
    elif kind == "mildew":
        r, c = rng.integers(3, SIZE - 3, 2)
        yy, xx = np.mgrid[:SIZE, :SIZE]
        img += 0.7 * np.exp(-((yy - r) ** 2 + (xx - c) ** 2) / 12)
    elif kind == "blight":
        c = rng.integers(2, SIZE - 2)
        img[:, c] -= 0.4
    return img


def folder(per_class: int, seed: int) -> TensorDataset:
    rng = np.random.default_rng(seed)
    images = [draw(k, rng) for k in KINDS for _ in range(per_class)]
    labels = [i for i, _ in enumerate(KINDS) for _ in range(per_class)]
    return TensorDataset(torch.tensor(np.array(images), dtype=torch.float32).unsqueeze(1), torch.tensor(labels))


def conv_block(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU())


def build() -> nn.Module:
    return nn.Sequential(
        conv_block(1, 12), nn.MaxPool2d(2), conv_block(12, 24),
        nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Dropout(0.2), nn.Linear(96, len(KINDS)),
    )


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader) -> float:
    model.eval
    correct = total = 0
    for images, labels in loader:
        correct += int((model(images).argmax(dim=1) == labels).sum())
        total += labels.numel()
    return correct / total


def train_one_epoch(model, loader, criterion, optimizer) -> float:
    model.train()
    losses = []
    for images, labels in loader:
        loss = criterion(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses))


if __name__ == "__main__":
    torch.manual_seed(3)
    train_loader = DataLoader(folder(200, 1), batch_size=32, shuffle=True)
    test_loader = DataLoader(folder(60, 2), batch_size=20)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(10):
        loss = train_one_epoch(model, train_loader, nn.CrossEntropyLoss(), optimizer)
        print(f"[{epoch}] loss={loss:.4f} test acc={evaluate(model, test_loader):.4f}")
    print(f"metric: accuracy {evaluate(model, test_loader):.4f}")
