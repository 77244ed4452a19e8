"""SimCLR on small digits: two views of each picture, InfoNCE, judged by nearest neighbours on held-out pictures."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier


class Encoder(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
            nn.Flatten(), nn.Linear(512, width), nn.ReLU(),
        )  # fmt: skip
        self.projector = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 32))

    def forward(self, x):
        return self.projector(self.features(x))


def view(x):
    padded = F.pad(x, (1, 1, 1, 1))
    row, col = torch.randint(0, 3, (2,)).tolist()
    moved = padded[:, :, row : row + 8, col : col + 8]
    gain = 0.8 + 0.4 * torch.rand(len(x), 1, 1, 1)
    return moved * gain + 0.1 * torch.randn_like(x)


def info_nce(a, b, temperature=0.2):
    z = F.normalize(torch.cat([a, b]), dim=1)
    similarity = z @ z.t() / temperature
    similarity = similarity.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    partner = torch.cat([torch.arange(len(a)) + len(a), torch.arange(len(a))])
    return F.cross_entropy(similarity, partner)


torch.manual_seed(0)
digits = load_digits()
pictures = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
train, test = pictures[:1400], pictures[1400:]
encoder = Encoder()
optimizer = torch.optim.Adam(encoder.parameters(), lr=1e-3)
for epoch in range(15):
    encoder.train()
    for rows in torch.randperm(len(train)).split(128):
        loss = info_nce(encoder(view(train[rows])), encoder(view(train[rows])))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

encoder.eval()
with torch.no_grad():
    f_train, f_test = encoder.features(train).numpy(), encoder.features(test).numpy()
neighbours = KNeighborsClassifier(5).fit(f_train, digits.target[:1400])
print(f"metric: knn_accuracy {neighbours.score(f_test, digits.target[1400:]):.4f}")
