import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import TensorDataset, DataLoader

torch.manual_seed(21)
np.random.seed(21)

CLASSES = ["healthy", "rust", "blight"]


def leaf(kind):
    img = np.zeros((3, 16, 16))
    img[1] = 0.5
    img += np.random.normal(0, 0.06, img.shape)
    if kind == 1:      # orange pustules
        for r, c in np.random.randint(1, 15, (4, 2)):
            img[0, r - 1:r + 1, c - 1:c + 1] += 0.35
    if kind == 2:      # brown tint on the whole blade
        img[0] += np.random.uniform(0.12, 0.25)
        img[1] -= np.random.uniform(0.05, 0.15)
    return img


y = np.random.randint(0, 3, 900)
X = np.stack([leaf(k) for k in y]).astype(np.float32)
X = (X - X[:700].mean((0, 2, 3), keepdims=True)) / X[:700].std((0, 2, 3), keepdims=True)
X, y = torch.from_numpy(X), torch.from_numpy(y)
loader = DataLoader(TensorDataset(X[:700], y[:700]), batch_size=35, shuffle=True)

model = nn.Sequential()
model.add_module("conv1", nn.Conv2d(3, 8, 3, padding=1))
model.add_module("bn1", nn.BatchNorm2d(8))
model.add_module("relu1", nn.ReLU())
model.add_module("pool1", nn.MaxPool2d(2))
model.add_module("conv2", nn.Conv2d(8, 16, 3, padding=1))
model.add_module("bn2", nn.BatchNorm2d(16))
model.add_module("relu2", nn.ReLU())
model.add_module("gap", nn.AdaptiveAvgPool2d(1))
model.add_module("flat", nn.Flatten())
model.add_module("fc", nn.Linear(16, 3))

optimizer = optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(8):
    model.train()
    total, correct = 0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        correct += (outputs.argmax(1) == labels).sum().item()
        total += len(labels)
    print(f"[{epoch + 1}] train acc {correct / total:.3f}")

# classify the leaves of the hold-out one photograph at a time, as the app does
hits = []
model.eval()
with torch.no_grad():
    for image, label in zip(X[700:], y[700:]):
        guess = model(image[None]).argmax(1).item()
        hits.append(guess == label.item())
print("metric: accuracy", np.mean(hits))
