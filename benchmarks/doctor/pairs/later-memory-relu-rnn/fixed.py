"""Add up the marked numbers of a sequence of 20 with a plain recurrent network."""
import torch
from torch import nn

torch.manual_seed(5)


def sequences(n, length=20):
    values = torch.rand(n, length)
    marks = torch.zeros(n, length)
    first = torch.randint(0, length // 2, (n,))
    second = torch.randint(length // 2, length, (n,))
    marks[torch.arange(n), first] = 1
    marks[torch.arange(n), second] = 1
    return torch.stack([values, marks], 2), (values * marks).sum(1)


class Adder(nn.Module):
    def __init__(self, units=32):
        super().__init__()
        self.rnn = nn.RNN(2, units, nonlinearity="relu", batch_first=True)
        nn.init.eye_(self.rnn.weight_hh_l0)
        for bias in (self.rnn.bias_ih_l0, self.rnn.bias_hh_l0):
            nn.init.zeros_(bias)
        nn.init.normal_(self.rnn.weight_ih_l0, std=0.1)
        self.read = nn.Linear(units, 1)

    def forward(self, x):
        _, last = self.rnn(x)
        return self.read(last[0]).squeeze(1)


train_x, train_y = sequences(3000)
test_x, test_y = sequences(500)
model = Adder()
criterion = nn.MSELoss()
opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
for epoch in range(20):
    for rows in torch.randperm(len(train_x)).split(50):
        opt.zero_grad(set_to_none=True)
        loss = criterion(model(train_x[rows]), train_y[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        opt.step()
    with torch.no_grad():
        rmse = criterion(model(test_x), test_y).sqrt().item()
    print(f"epoch {epoch:2d} train {loss.item():.4f} test rmse {rmse:.4f}")
print(f"metric: rmse {rmse:.4f}")
