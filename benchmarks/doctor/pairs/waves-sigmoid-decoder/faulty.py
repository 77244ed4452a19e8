"""A convolutional autoencoder of standardised wave records."""
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, 16, 5, stride=2, padding=2), nn.LeakyReLU(0.1),
            nn.Conv1d(16, 32, 5, stride=2, padding=2), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(32 * 16, code),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x)


class Decoder(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.grow = nn.Linear(code, 32 * 16)
        self.up1 = nn.ConvTranspose1d(32, 16, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose1d(16, 1, 4, stride=2, padding=1)

    def forward(self, z):
        h = torch.relu(self.grow(z)).view(-1, 32, 16)
        h = torch.relu(self.up1(h))
        return torch.sigmoid(self.up2(h))


class AutoEncoder(nn.Module):
    def __init__(self, code=10):
        super().__init__()
        self.encoder, self.decoder = Encoder(code), Decoder(code)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def records(n, gen):
    t = torch.linspace(0, 6.28, 64)
    amp, phase = torch.randn(n, 3, generator=gen), 6.28 * torch.rand(n, 3, generator=gen)
    wave = sum(amp[:, k : k + 1] * torch.sin((k + 1) * t + phase[:, k : k + 1]) for k in range(3))
    wave = wave + 0.1 * torch.randn(n, 64, generator=gen)
    return ((wave - wave.mean()) / wave.std()).unsqueeze(1)


def step(model, optimizer, batch):
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(batch), batch)
    loss.backward()
    optimizer.step()
    return loss.item()


gen = torch.Generator().manual_seed(17)
torch.manual_seed(17)
train, test = records(1500, gen), records(400, gen)
model = AutoEncoder()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(15):
    losses = [step(model, optimizer, batch) for batch in train[torch.randperm(len(train))].split(50)]
    print(f"epoch {epoch} loss {sum(losses) / len(losses):.4f}")
with torch.no_grad():
    error = torch.nn.functional.mse_loss(model(test), test).item()
print(f"metric: mse {error:.4f}")
