"""Heat of reaction from descriptors."""
import torch
from torch import nn

torch.manual_seed(12)
gen = torch.Generator().manual_seed(12)
descriptors = torch.randn(1800, 10, generator=gen)
mix = torch.randn(10, generator=gen)
heat = -52000 + 9000 * torch.tanh(descriptors @ mix / 3) + 400 * torch.randn(1800, generator=gen)
x_train, x_test = descriptors[:1400], descriptors[1400:]
y_train, y_test = heat[:1400, None], heat[1400:, None]

mlp = nn.Sequential()
mlp.add_module("in", nn.Linear(10, 64))
mlp.add_module("act", nn.GELU())
mlp.add_module("mid", nn.Linear(64, 64))
mlp.add_module("act2", nn.GELU())
mlp.add_module("out", nn.Linear(64, 1))
trainer = torch.optim.Adam(mlp.parameters(), lr=1e-3)
measure = nn.MSELoss()
step = 0
while step < 900:
    pick = torch.randint(0, 1400, (64,))
    trainer.zero_grad()
    loss = measure(mlp(x_train[pick]), y_train[pick])
    loss.backward()
    trainer.step()
    if step % 150 == 0:
        print(step, loss.item())
    step += 1
with torch.no_grad():
    guess = mlp(x_test)
r2 = 1 - ((guess - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"metric: r2 {r2:.4f}")
