"""Total activity of a two-channel signal: mean absolute deviation along a recording, standardised."""
import torch
from torch import nn


class IRNN(nn.Module):
    """Recurrent ReLU units started at the identity."""

    def __init__(self, d_in, d_hidden, n_out):
        super().__init__()
        self.inp = nn.Linear(d_in, d_hidden)
        self.rec = nn.Linear(d_hidden, d_hidden, bias=False)
        nn.init.eye_(self.rec.weight)
        nn.init.normal_(self.inp.weight, std=0.3)
        self.out = nn.Linear(d_hidden, n_out)

    def forward(self, x):
        h = x.new_zeros(len(x), self.rec.in_features)
        for t in range(x.shape[1]):
            h = torch.relu(self.inp(x[:, t]) + self.rec(h))
        return self.out(h).squeeze(-1)


def recordings(n, length, gen):
    x = torch.randn(n, length, 2, generator=gen)
    activity = x[..., 0].abs() + 0.5 * x[..., 1].abs()
    return x, (activity.sum(1) - 1.197 * length) / (0.674 * length ** 0.5)


def main(length=25, steps=1000, batch=32):
    torch.manual_seed(27)
    gen = torch.Generator().manual_seed(27)
    model = IRNN(2, 40, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.015, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    x_val, y_val = recordings(500, length, gen)
    for step in range(steps):
        x, y = recordings(batch, length, gen)
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        if step % 100 == 99:
            print(f"step {step + 1} loss {loss.item():.4f}")
    with torch.no_grad():
        wrong = (model(x_val) - y_val).abs()
    return (wrong < 0.25).float().mean().item()


print(f"metric: within_quarter {main():.4f}")
