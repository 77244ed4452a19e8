"""Returns of a signal that swings both ways."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Mlp(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


torch.manual_seed(44)
x = torch.randn(1500, 7)
y = (x[:, 0] * x[:, 1] + torch.sin(2 * x[:, 2]) + 0.1 * torch.randn(1500)).unsqueeze(1)
train = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=40, shuffle=True)
model = Mlp([7, 48, 48, 1])
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=4)
for epoch in range(25):
    model.train()
    for xb, yb in train:
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        mse = nn.functional.mse_loss(model(x[1000:]), y[1000:]).item()
    plateau.step(mse)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: test mse {mse:.4f}")
print(f"metric: r2 {1 - mse / y[1000:].var().item():.4f}")
