"""A small CNN on digits with augmentation, a validation split, early stopping and the best weights kept."""

import copy

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Shifted(Dataset):
    """Pictures moved by up to one pixel."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        moves = torch.randint(-1, 2, (2,)).tolist()
        return torch.roll(self.x[i], moves, dims=(1, 2)), self.y[i]


class Trainer:
    def __init__(self, model, lr=2e-3, patience=4):
        self.model, self.patience = model, patience
        self.criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, factor=0.5, patience=1)

    def epoch(self, loader):
        self.model.train()
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = n = 0
        for x, y in loader:
            out = self.model(x)
            loss += self.criterion(out, y).item() * len(y)
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
        return loss / n, right / n

    def fit(self, train, valid, most=14):
        best, kept, bad = float("inf"), None, 0
        for epoch in range(most):
            self.epoch(train)
            loss, accuracy = self.evaluate(valid)
            self.scheduler.step(loss)
            print(f"epoch {epoch}: valid loss {loss:.4f} accuracy {accuracy:.4f}")
            if loss < best:
                best, kept, bad = loss, copy.deepcopy(self.model.state_dict()), 0
            else:
                bad += 1
                if bad >= self.patience:
                    break
        self.model.load_state_dict(kept)


def main():
    torch.manual_seed(0)
    digits = load_digits()
    x = digits.images[:, None] / 16.0
    x, x_test, y, y_test = train_test_split(x, digits.target, test_size=0.2, random_state=0, stratify=digits.target)
    x, x_valid, y, y_valid = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
    tensors = [torch.tensor(a, dtype=torch.float32) for a in (x, x_valid, x_test)]
    labels = [torch.tensor(a) for a in (y, y_valid, y_test)]
    train = DataLoader(Shifted(tensors[0], labels[0]), batch_size=64, shuffle=True)
    valid, test = (DataLoader(TensorDataset(tensors[i], labels[i]), batch_size=256) for i in (1, 2))
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 16, 10),
    )  # fmt: skip
    trainer = Trainer(model)
    trainer.fit(train, valid)
    print(f"metric: accuracy {trainer.evaluate(test)[1]:.4f}")


if __name__ == "__main__":
    main()
