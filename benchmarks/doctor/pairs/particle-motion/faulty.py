# Wave type from three-component seismograms: P, SH, Rayleigh (retrograde), prograde tremor
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim

np.random.seed(14)
torch.manual_seed(14)

WAVES = ["P", "SH", "Rayleigh", "tremor"]
N_SAMPLES = 60


def seismograms(n):
    """Samples in rows, components (radial, transverse, vertical) in columns, as the digitiser writes them."""
    kind = np.random.randint(0, len(WAVES), n)
    t = np.arange(N_SAMPLES)
    freq = np.random.uniform(0.04, 0.12, (n, 1))
    phase = 2 * np.pi * (freq * t + np.random.uniform(0, 1, (n, 1)))
    envelope = np.exp(-0.5 * ((t - np.random.uniform(20, 40, (n, 1))) / 14) ** 2)
    c, s = envelope * np.cos(phase), envelope * np.sin(phase)
    radial = np.where((kind == 0)[:, None], 0.8 * c, np.where((kind == 1)[:, None], 0.2 * c, c))
    transverse = np.where((kind == 1)[:, None], c, 0.15 * s)
    vertical = np.where((kind == 0)[:, None], c, np.where((kind == 2)[:, None], s, np.where((kind == 3)[:, None], -s, 0.1 * c)))
    traces = np.stack([radial, transverse, vertical], axis=2)
    traces += np.random.normal(0, 0.8, traces.shape)
    return traces / traces.std(axis=(1, 2), keepdims=True), kind


train_x, train_y = seismograms(1200)
test_x, test_y = seismograms(400)
train_x = torch.tensor(train_x, dtype=torch.float32).reshape(-1, 3, N_SAMPLES)
test_x = torch.tensor(test_x, dtype=torch.float32).reshape(-1, 3, N_SAMPLES)
train_y, test_y = torch.tensor(train_y), torch.tensor(test_y)

model = nn.Sequential(
    nn.Conv1d(3, 16, 9), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(16, 24, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(1),
    nn.Flatten(),
    nn.Linear(24, len(WAVES)),
)
loss_fn = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.003)
BATCH = 40

for epoch in range(12):
    model.train()
    perm = torch.randperm(len(train_x))
    running, right = 0.0, 0
    for i in range(0, len(perm), BATCH):
        take = perm[i:i + BATCH]
        optimizer.zero_grad()
        scores = model(train_x[take])
        loss = loss_fn(scores, train_y[take])
        loss.backward()
        optimizer.step()
        running += loss.item() * len(take)
        right += (scores.argmax(1) == train_y[take]).sum().item()
    model.eval()
    with torch.no_grad():
        scores = model(test_x)
        test_loss = loss_fn(scores, test_y).item()
        test_acc = (scores.argmax(1) == test_y).float().mean().item()
    print("epoch %2d: train loss %.3f acc %.3f, test loss %.3f acc %.3f"
          % (epoch + 1, running / len(perm), right / len(perm), test_loss, test_acc))

print("metric: accuracy %.4f" % test_acc)
