"""RealNVP density estimation on two moons (negative log-likelihood in nats)."""
import math

import numpy as np
import torch
from scipy.stats import gaussian_kde
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(8)


def moons(n, seed):
    x, _ = make_moons(n, noise=0.12, random_state=seed)
    return x.astype(np.float32)


raw_train, raw_test = moons(5000, 0), moons(2000, 1)
mean, std = raw_train.mean(0), raw_train.std(0)
train = torch.from_numpy((raw_train - mean) / std)
test = torch.from_numpy((raw_test - mean) / std)


class Coupling(nn.Module):
    def __init__(self, flip, hidden=48):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
                                 nn.Linear(hidden, 2))
        # start from the identity map
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, dim=1)
        s = 2.0 * torch.tanh(s / 2.0)
        b = b * s.exp() + t
        out = torch.cat([b, a] if self.flip else [a, b], dim=1)
        return out, s.squeeze(1)

    def inverse(self, z):
        a, b = z.chunk(2, dim=1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, dim=1)
        s = 2.0 * torch.tanh(s / 2.0)
        b = (b - t) * (-s).exp()
        return torch.cat([b, a] if self.flip else [a, b], dim=1)


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))

    def log_prob(self, x):
        logdet = x.new_zeros(len(x))
        for layer in self.layers:
            x, ld = layer(x)
            logdet = logdet + ld
        base = -0.5 * x.pow(2).sum(1) - math.log(2 * math.pi)
        return base + logdet

    def sample(self, n):
        z = torch.randn(n, 2)
        for layer in reversed(self.layers):
            z = layer.inverse(z)
        return z


flow = Flow()
EPOCHS, BS = 26, 250
opt = torch.optim.Adam(flow.parameters(), lr=1e-2)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1e-2, total_steps=EPOCHS * len(train) // BS)
for epoch in range(EPOCHS):
    tot = 0.0
    for idx in torch.randperm(len(train)).split(BS):
        loss = -flow.log_prob(train[idx]).mean()
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        opt.step()
        sched.step()
        tot += loss.item() * len(idx)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} nll {tot / len(train):.4f}")

with torch.no_grad():
    nll = -flow.log_prob(test).mean().item()
    cov = torch.cov(train.t())
    gauss = torch.distributions.MultivariateNormal(train.mean(0), cov)
    ref = -gauss.log_prob(test).mean().item()
    kde = -gaussian_kde(train.numpy().T, bw_method=0.15).logpdf(test.numpy().T).mean()
    s = flow.sample(2000)
print(f"sample mean {s.mean(0).tolist()} std {s.std(0).tolist()}; "
      f"a single Gaussian scores {ref:.3f}, a KDE {kde:.3f}")
print(f"metric: test_nll {nll:.4f}")
