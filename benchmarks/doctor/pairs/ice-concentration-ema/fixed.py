"""Sea-ice concentration from passive-microwave patches; the averaged weights are the ones that are used."""
import copy

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(21)
rng = np.random.default_rng(21)
SIZE, EPOCHS, BATCH = 16, 12, 24


def smooth_field(n, passes=5):
    field = torch.tensor(rng.normal(size=(n, 1, SIZE, SIZE)), dtype=torch.float32)
    for _ in range(passes):
        field = F.avg_pool2d(F.pad(field, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return field / field.std(dim=(1, 2, 3), keepdim=True)


def scenes(n):
    ice = torch.sigmoid(2.5 * smooth_field(n))
    vapour = 12 + 5 * smooth_field(n, passes=12)
    wind = 8 + 3 * smooth_field(n, passes=8)
    kind = (smooth_field(n, passes=9) > 0).float()
    t19v = 185 + 0.9 * vapour + 0.6 * wind + ice * (72 - 22 * kind) - 0.9 * vapour * ice
    t19h = 110 + 1.5 * vapour + 1.4 * wind + ice * (125 - 25 * kind) - 1.4 * vapour * ice
    t37v = 208 + 1.1 * vapour + 0.5 * wind + ice * (48 - 46 * kind) - 1.0 * vapour * ice
    tb = torch.cat([t19v, t19h, t37v], dim=1)
    return tb + 1.0 * torch.randn_like(tb), ice


tb_train, ice_train = scenes(360)
tb_test, ice_test = scenes(120)
mu, sd = tb_train.mean((0, 2, 3), keepdim=True), tb_train.std((0, 2, 3), keepdim=True)
tb_train, tb_test = (tb_train - mu) / sd, (tb_test - mu) / sd

net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.SiLU(),
    nn.Conv2d(16, 16, 3, padding=1), nn.SiLU(),
    nn.Conv2d(16, 1, 1), nn.Sigmoid(),
)
average = copy.deepcopy(net).requires_grad_(False)
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.85)


@torch.no_grad()
def blend(decay=0.95):
    for slow, fast in zip(average.parameters(), net.parameters()):
        slow.lerp_(fast, 1 - decay)


for epoch in range(EPOCHS):
    running = []
    for idx in torch.randperm(len(tb_train)).split(BATCH):
        loss = F.mse_loss(net(tb_train[idx]), ice_train[idx])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        blend()
        running.append(loss.item())
    scheduler.step()
    print(f"{epoch:2d} mse {np.mean(running):.5f}")

with torch.no_grad():
    error = (average(tb_test) - ice_test).abs().mean().item()
print(f"metric: mae_percent {100 * error:.3f}")
