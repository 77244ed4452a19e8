"""Three kinds of machine vibration told apart by a 1-D convolutional network."""
import math

import torch
import torch.nn as nn


def make_signals(n, generator):
    t = torch.linspace(0, 1, 96)
    kind = torch.randint(0, 3, (n,), generator=generator)
    freq = 4 + 6 * torch.rand(n, 1, generator=generator)
    phase = 2 * math.pi * torch.rand(n, 1, generator=generator)
    wave = torch.sin(2 * math.pi * freq * t + phase)
    square = torch.sign(wave)
    saw = 2 * ((freq * t + phase) % 1) - 1
    clean = torch.where(kind[:, None] == 0, wave, torch.where(kind[:, None] == 1, square, saw))
    return (clean + 0.45 * torch.randn(n, 96, generator=generator)).unsqueeze(1), kind


class VibrationNet(nn.Module):
    def __init__(self, channels=(16, 32)):
        super().__init__()
        blocks, previous = [], 1
        for c in channels:
            blocks += [nn.Conv1d(previous, c, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2)]
            previous = c
        self.features = nn.Sequential(*blocks)
        self.classify = nn.Linear(previous, 3)

    def forward(self, x):
        return self.classify(self.features(x).mean(dim=2))

    def fit(self, x, y, epochs=10, batch_size=32, lr=0.05):
        optimizer = torch.optim.SGD(self.parameters(), lr=lr, momentum=0.9)
        criterion = nn.CrossEntropyLoss()
        history = []
        for epoch in range(epochs):
            self.train()
            running = 0.0
            for idx in torch.randperm(len(x)).split(batch_size):
                logits = self(x[idx])
                loss = criterion(logits, y[idx])
                loss.backward()
                optimizer.step()
                running += loss.item()
            history.append(running / math.ceil(len(x) / batch_size))
            print(f"[{epoch + 1:02d}] loss={history[-1]:.4f}")
        return history

    @torch.no_grad()
    def score(self, x, y):
        self.eval()
        return (self(x).argmax(-1) == y).float().mean().item()


torch.manual_seed(0)
generator = torch.Generator().manual_seed(11)
x_train, y_train = make_signals(900, generator)
x_test, y_test = make_signals(400, generator)
model = VibrationNet()
model.fit(x_train, y_train)
print(f"metric: accuracy {model.score(x_test, y_test):.4f}")
