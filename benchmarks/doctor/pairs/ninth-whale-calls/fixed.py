"""Which of four whales called: small spectrograms computed from simulated hydrophone sound."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

RATE, LENGTH = 1000, 1024
NAMES = ("blue", "fin", "humpback", "minke")


def call(kind, rng):
    t = np.arange(LENGTH) / RATE
    start = rng.uniform(0.05, 0.25)
    u = np.clip(t - start, 0, None)
    on = (u > 0) & (u < 0.6)
    if kind == 0:
        phase = 2 * np.pi * (rng.uniform(70, 90) * u - 15 * u ** 2)
    elif kind == 1:
        phase = 2 * np.pi * (rng.uniform(110, 140) * u - 80 * u ** 2)
    elif kind == 2:
        phase = 2 * np.pi * (rng.uniform(100, 140) * u + 70 * u ** 2)
    else:
        phase = 2 * np.pi * rng.uniform(90, 130) * u
        on &= (u * rng.uniform(9, 11)) % 1 < 0.4
    return np.sin(phase) * on * rng.uniform(0.7, 1.5) + rng.normal(0, 0.5, LENGTH)


def spectrogram(sound, window=128, hop=64):
    frames = sound.unfold(-1, window, hop) * torch.hann_window(window)
    power = torch.fft.rfft(frames).abs().square()[..., 4:32]
    return torch.log(power + 1e-2).transpose(-1, -2)


def build_set(count, seed):
    rng = np.random.default_rng(seed)
    label = torch.tensor(rng.integers(0, len(NAMES), count))
    sound = torch.tensor(np.stack([call(k, rng) for k in label.tolist()]), dtype=torch.float32)
    image = spectrogram(sound).unsqueeze(1)
    return TensorDataset((image - 1.5) / 2.0, label)


class CallNet(nn.Module):
    def __init__(self, n_classes, width=12):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(2 * width * 7, 4 * width), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(4 * width, n_classes),
        )

    def forward(self, x):
        # keep the frequencies, average over time
        return self.classifier(self.features(x).mean(-1).flatten(1))


def train(model, loader, epochs, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"epoch {epoch + 1} loss {running / len(loader):.4f}")


def evaluate(model, loader):
    model.eval()
    right = 0
    with torch.inference_mode():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
    return right / len(loader.dataset)


def main():
    torch.manual_seed(48)
    train_loader = DataLoader(build_set(1000, 1), batch_size=25, shuffle=True)
    test_loader = DataLoader(build_set(300, 2), batch_size=100)
    model = CallNet(len(NAMES))
    train(model, train_loader, epochs=10, lr=0.02)
    print(f"metric: accuracy {evaluate(model, test_loader):.4f}")


main()
