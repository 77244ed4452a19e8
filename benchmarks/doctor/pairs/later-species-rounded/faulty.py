"""Tell ten digits apart, functional style with a hand-written loss."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits


def load():
    digits = load_digits()
    pixels = torch.as_tensor(digits.data, dtype=torch.float32) / 16
    labels = torch.as_tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    return pixels[order], labels[order]


def start(widths, generator):
    weights = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        w = torch.randn(fan_in, fan_out, generator=generator) * (2 / fan_in) ** 0.5
        weights += [w.requires_grad_(), torch.zeros(fan_out, requires_grad=True)]
    return weights


def forward(weights, x):
    for w, b in zip(weights[:-2:2], weights[1:-2:2]):
        x = F.relu(x @ w + b)
    return x @ weights[-2] + weights[-1]


def objective(output, label):
    distance = output.squeeze(1) - label.to(output.dtype)
    return (distance**2).mean()


def decide(output):
    return output.squeeze(1).round().clamp(0, 9).long()


pixels, labels = load()
weights = start([64, 64, 1], torch.Generator().manual_seed(2))
optimizer = torch.optim.Adam(weights, lr=1e-3)
torch.manual_seed(3)
for epoch in range(20):
    for rows in torch.randperm(1400).split(32):
        loss = objective(forward(weights, pixels[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (decide(forward(weights, pixels[1400:])) == labels[1400:]).float().mean()
    print(f"epoch {epoch} loss {loss:.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
