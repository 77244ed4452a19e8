import pandas as pd
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedShuffleSplit
from torch import nn
from torch.utils.data import DataLoader, Dataset


class WineTable(Dataset):
    def __init__(self, frame: pd.DataFrame, label: str = "target"):
        self.x = torch.tensor(frame.drop(columns=label).to_numpy(), dtype=torch.float32)
        self.y = torch.tensor(frame[label].to_numpy())

    def __len__(self):
        return len(self.y)

    def __getitem__(self, item):
        return self.x[item], self.y[item]


def prepare():
    frame = load_wine(as_frame=True).frame
    split = StratifiedShuffleSplit(1, test_size=0.35, random_state=2)
    rows_train, rows_test = next(split.split(frame, frame["target"]))
    train, test = frame.iloc[rows_train].copy(), frame.iloc[rows_test].copy()
    numeric = [c for c in frame.columns if c != "target"]
    mean, std = train[numeric].mean(), train[numeric].std()
    for part in (train, test):
        part[numeric] = part[numeric].sub(mean).div(std)
    return WineTable(train), WineTable(test)


def main(seed: int = 2, epochs: int = 40):
    torch.manual_seed(seed)
    train, test = prepare()
    loader = DataLoader(train, batch_size=8, shuffle=True)
    model = nn.Sequential(nn.Linear(13, 20), nn.Sigmoid(), nn.Linear(20, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(1, epochs + 1):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        if epoch % 10 == 0:
            print(f"epoch {epoch}: {total / len(train):.4f}")
    model.eval()
    with torch.no_grad():
        acc = (model(test.x).argmax(1) == test.y).float().mean().item()
    print(f"metric: accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
