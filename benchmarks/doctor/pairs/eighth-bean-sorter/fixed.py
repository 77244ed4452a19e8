import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score
from torch.utils.data import DataLoader, TensorDataset, random_split


def get_loaders(batch_size=64):
    X, y = make_classification(3000, 20, n_informative=12, n_redundant=2, n_classes=6, n_clusters_per_class=1,
                               class_sep=1.8, random_state=7)
    ds = TensorDataset(torch.tensor(X, dtype=torch.float32), torch.tensor(y))
    parts = random_split(ds, [0.7, 0.1, 0.2], generator=torch.Generator().manual_seed(7))
    make = lambda p, shuffle: DataLoader(p, batch_size=batch_size, shuffle=shuffle)
    return make(parts[0], True), make(parts[1], False), make(parts[2], False)


def train_one_epoch(model, loader, opt, criterion):
    model.train()
    total = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


@torch.no_grad()
def predict(model, loader):
    model.eval()
    return torch.cat([model(x).argmax(1) for x, _ in loader])


def truth(loader):
    return torch.cat([y for _, y in loader])


def main():
    torch.manual_seed(7)
    train_loader, val_loader, test_loader = get_loaders()
    model = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 6))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(12):
        loss = train_one_epoch(model, train_loader, opt, criterion)
        val = accuracy_score(truth(val_loader), predict(model, val_loader))
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1}: loss {loss:.4f} val accuracy {val:.4f}")
    print(f"metric: accuracy {accuracy_score(truth(test_loader), predict(model, test_loader)):.4f}")


if __name__ == "__main__":
    main()
