import logging

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Subset, TensorDataset

logging.basicConfig(level=logging.INFO, format="%(message)s")
log = logging.getLogger("finetune")
torch.manual_seed(8)

raw = load_digits()
X = torch.tensor(raw.images, dtype=torch.float32)[:, None] / 8.0 - 1.0
Y = torch.tensor(raw.target)
old = (Y < 6).nonzero().squeeze(1)
new = (Y >= 6).nonzero().squeeze(1)
new = new[torch.randperm(len(new))]
source = TensorDataset(X[old], Y[old])
target_train = TensorDataset(X[new[:400]], Y[new[:400]] - 6)
target_test = TensorDataset(X[new[400:]], Y[new[400:]] - 6)


class Net(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU())
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(64 * 16, n_out))

    def forward(self, x):
        return self.classifier(self.features(x))


def run_epoch(model, loader, opt=None, frozen=()):
    model.train(opt is not None)
    for part in frozen:
        part.eval()
    hits = total = 0
    with torch.set_grad_enabled(opt is not None):
        for x, y in loader:
            out = model(x)
            if opt is not None:
                loss = nn.functional.cross_entropy(out, y)
                opt.zero_grad()
                loss.backward()
                opt.step()
            hits += (out.argmax(1) == y).sum().item()
            total += len(y)
    return hits / total


model = Net(6)
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(5):
    acc = run_epoch(model, DataLoader(source, 64, shuffle=True), opt)
log.info("source accuracy %.4f", acc)

for p in model.features.parameters():
    p.requires_grad_(False)
model.classifier[1] = nn.Linear(64 * 16, 4)
opt = torch.optim.SGD((p for p in model.parameters() if p.requires_grad), lr=0.02, momentum=0.9, weight_decay=1e-4)
for epoch in range(15):
    acc = run_epoch(model, DataLoader(target_train, 32, shuffle=True), opt, frozen=[model.features])
    if epoch % 5 == 4:
        log.info("fine-tune epoch %d accuracy %.4f", epoch + 1, acc)
print(f"metric: accuracy {run_epoch(model, DataLoader(target_test, 128)):.4f}")
