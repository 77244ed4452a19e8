import torch
import torch.nn as nn

torch.manual_seed(5)
STEPS = 24


def copy_task(n):
    """The first three symbols have to be named after a stretch of filler."""
    x = torch.zeros(n, STEPS, 5)
    sym = torch.randint(0, 4, (n, 3))
    x[:, 3:, 4] = 1.0
    x[:, :3, :4] = nn.functional.one_hot(sym, 4).float()
    x[:, 3:STEPS - 3, :4] = 0.1 * torch.randn(n, STEPS - 6, 4)
    return x, sym


class GRUCell(nn.Module):
    def __init__(self, n_in, n_hid):
        super().__init__()
        self.gates = nn.Linear(n_in + n_hid, 2 * n_hid)
        self.cand = nn.Linear(n_in + n_hid, n_hid)
        nn.init.constant_(self.gates.bias, -1.0)

    def forward(self, x, h):
        z, r = torch.sigmoid(self.gates(torch.cat([x, h], 1))).chunk(2, dim=1)
        c = torch.tanh(self.cand(torch.cat([x, r * h], 1)))
        return (1 - z) * h + z * c


class Recaller(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.hidden = hidden
        self.cell = GRUCell(5, hidden)
        self.read = nn.Linear(hidden, 12)

    def forward(self, x):
        h = x.new_zeros(len(x), self.hidden)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h.detach())
        return self.read(h).view(-1, 3, 4)


model = Recaller()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(400):
    x, sym = copy_task(64)
    loss = nn.functional.cross_entropy(model(x).flatten(0, 1), sym.flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 100 == 99:
        print(f"step {step + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, sym = copy_task(1000)
    acc = (model(x).argmax(2) == sym).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
