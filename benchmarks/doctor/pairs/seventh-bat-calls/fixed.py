import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(23)

# simulated echolocation calls, three species, as log power spectra
FS, N = 250.0, 128          # kHz, samples
t = torch.arange(N) / FS


def call(species, n):
    f0 = torch.tensor([45.0, 55.0, 80.0])[species] + 3 * torch.randn(n)
    sweep = torch.tensor([-30.0, -60.0, 0.0])[species] * (1 + 0.2 * torch.randn(n))
    phase = 2 * torch.pi * (f0[:, None] * t + 0.5 * sweep[:, None] * t ** 2 / t[-1])
    x = torch.sin(phase) * torch.hann_window(N) + 0.35 * torch.randn(n, N)
    return torch.log(torch.fft.rfft(x).abs() + 1e-2)


species = torch.randint(3, (1400,))
spectra = call(species, 1400)
spectra = (spectra - spectra[:1000].mean()) / spectra[:1000].std()
train_x, train_y = spectra[:1000, None], species[:1000]
test_x, test_y = spectra[1000:, None], species[1000:]


class BatNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 8, 5, padding=2)
        self.c2 = nn.Conv1d(8, 16, 5, padding=2)
        self.fc = nn.Linear(16 * 16, 3)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.c1(x)), 2)
        x = F.max_pool1d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


net = BatNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(5):
    net.train()
    order = torch.randperm(len(train_x))
    for start in range(0, len(order), 20):
        batch = order[start:start + 20]
        optimizer.zero_grad()
        loss = F.cross_entropy(net(train_x[batch]), train_y[batch])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        acc = (net(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.3f} test acc {acc:.3f}")

print("metric: accuracy", acc)
