"""Sea ice thickness: an encoder for the season's curve, a head for the rest."""
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 8, 5, padding=2)
        self.fc = nn.Linear(8 * 24, 3)

    def forward(self, curve):
        return self.fc(torch.relu(self.conv(curve.unsqueeze(1))).flatten(1))


class Thickness(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, curve, place):
        code = self.encoder(curve)
        return self.head(torch.cat([code, place], dim=1)).squeeze(1)


def ice(n):
    phase, amp = torch.rand(n, 1) * 6.28, torch.rand(n, 1) + 0.5
    t = torch.linspace(0, 6.28, 24)
    curve = amp * torch.sin(t + phase) + 0.05 * torch.randn(n, 24)
    place = torch.randn(n, 2)
    return curve, place, amp[:, 0] * torch.cos(phase[:, 0]) + 0.2 * place[:, 0] + 0.02 * torch.randn(n)


torch.manual_seed(40)
curve, place, thick = ice(1500)
test = ice(400)
model = Thickness()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    for i in torch.randperm(1500).split(50):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(curve[i], place[i]), thick[i])
        loss.backward()
        optimizer.step()
    print(epoch, f"{loss.item():.4f}")
model.eval()
with torch.no_grad():
    print(f"metric: mse {nn.functional.mse_loss(model(test[0], test[1]), test[2]).item():.4f}")
