"""Sort short reports by topic: averaged word vectors and a hidden layer."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CONFIG = {
    "optimizer": {"kind": "Adam", "lr": 0.005},
    "batch": 32,
    "epochs": 10,
    "words": 300,
}


class Reports(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        topics = np.random.default_rng(0).dirichlet(np.full(CONFIG["words"], 0.08), size=5)
        self.kind = rng.integers(0, 5, n)
        self.text = np.stack([rng.choice(CONFIG["words"], 20, p=0.5 * topics[k] + 0.5 / CONFIG["words"]) for k in self.kind])

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        return torch.from_numpy(self.text[i]), int(self.kind[i])


def make_optimizer(model, wanted):
    return getattr(torch.optim, wanted["kind"])(model.parameters(), lr=wanted["lr"])


torch.manual_seed(8)
model = nn.Sequential(nn.EmbeddingBag(CONFIG["words"], 32, mode="mean"), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 5))
optimizer = make_optimizer(model, CONFIG["optimizer"])
loss_fn = nn.CrossEntropyLoss()
train = DataLoader(Reports(2000, 1), CONFIG["batch"], shuffle=True)
test = DataLoader(Reports(500, 2), 500)
for epoch in range(CONFIG["epochs"]):
    model.train()
    for text, kind in train:
        optimizer.zero_grad()
        loss = loss_fn(model(text), kind)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        text, kind = next(iter(test))
        accuracy = (model(text).argmax(1) == kind).float().mean().item()
    print(f"{epoch + 1}/{CONFIG['epochs']} loss {loss.item():.3f} accuracy {accuracy:.3f}")
print(f"metric: accuracy {accuracy:.4f}")
