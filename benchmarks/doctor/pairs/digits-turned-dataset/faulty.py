"""Digits from a Dataset that varies the training images."""
import random

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, Dataset


class DigitImages(Dataset):
    def __init__(self, images, labels, vary=False):
        self.images = torch.tensor(images, dtype=torch.float32).unsqueeze(1) / 16
        self.labels = torch.tensor(labels)
        self.vary = vary

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.vary:
            image = torch.rot90(image, random.randrange(4), dims=(1, 2))
            if random.random() < 0.5:
                image = torch.flip(image, dims=(random.choice([1, 2]),))
        return image, self.labels[i]


random.seed(19)
torch.manual_seed(19)
d = load_digits()
a, b, ya, yb = train_test_split(d.images, d.target, test_size=0.3, random_state=19)
train = DataLoader(DigitImages(a, ya, vary=True), batch_size=64, shuffle=True)
test = DataLoader(DigitImages(b, yb), batch_size=600)
model = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
    nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 10),
)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(12):
    model.train()
    for x, y in train:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = sum((model(x).argmax(1) == y).sum().item() for x, y in test) / len(yb)
    print(f"epoch {epoch}: loss {loss.item():.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
