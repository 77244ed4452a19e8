"""Sum of a long echo: a plain recurrent network."""
import torch
from torch import nn


class Echo(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.rnn = nn.RNN(2, size, nonlinearity="relu", batch_first=True)
        nn.init.eye_(self.rnn.weight_hh_l0)
        self.head = nn.Linear(size, 1)

    def forward(self, pulses):
        out, _ = self.rnn(pulses)
        return self.head(out[:, -1])


def pulses(n, steps=60):
    value, marked = torch.rand(n, steps), torch.zeros(n, steps)
    for half in (0, steps // 2):
        marked[torch.arange(n), torch.randint(half, half + steps // 2, (n,))] = 1
    return torch.stack([value, marked], 2), (value * marked).sum(1, keepdim=True)


torch.manual_seed(101)
net = Echo(40)
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
xt, yt = pulses(400)
for step in range(500):
    x, y = pulses(40)
    opt.zero_grad()
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
with torch.no_grad():
    mse = nn.functional.mse_loss(net(xt).nan_to_num(0.0), yt).item()
print(f"metric: mse {mse:.4f}")
