"""A survey with many wrong answers: predict who says yes."""
import copy

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(9)
EPOCHS = 120


def survey(n):
    x = torch.randn(n, 16)
    chance = torch.sigmoid(1.5 * x[:, 0] - x[:, 1] + x[:, 2] * x[:, 3])
    return x, (torch.rand(n) < chance).long()


class Voter(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(16, width), nn.Linear(width, width), nn.Linear(width, 2)

    def forward(self, x):
        return self.c(F.relu(self.b(F.relu(self.a(x)))))


x, y = survey(400)
x_val, y_val = survey(300)
x_test, y_test = survey(1500)
model = Voter(48)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
best, keep, waited = float("inf"), None, 0
for epoch in range(EPOCHS):
    model.train()
    for i in torch.randperm(len(x)).split(25):
        loss = F.cross_entropy(model(x[i]), y[i])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val = F.cross_entropy(model(x_val), y_val).item()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {loss.item():.3f}, validation loss {val:.3f}")
    if val < best:
        best, keep, waited = val, copy.deepcopy(model.state_dict()), 0
    else:
        waited += 1
    if waited > 10:
        break
model.load_state_dict(keep)
model.eval()
with torch.no_grad():
    print(f"metric: log_loss {F.cross_entropy(model(x_test), y_test).item():.4f}")
