"""Deep ensemble trained in one go with torch.func: heteroscedastic Gaussian regression.

All members live in stacked parameter tensors; the per-member gradients come
from vmap(grad(...)) and a functional Adam updates them. The NLL may be
negative, since the targets are standardised and densities can exceed one.
"""
import math

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

torch.manual_seed(77)
rng = np.random.default_rng(77)


def sample(n):
    x = rng.uniform(-3, 3, n)
    sigma = 0.03 + 0.12 * np.abs(np.sin(x)) ** 2
    y = np.sin(1.5 * x) + 0.3 * x + sigma * rng.normal(size=n)
    return x.astype(np.float32)[:, None], y.astype(np.float32)


x_train, y_train = sample(3000)
x_test, y_test = sample(1000)
x_mu, x_sd, y_mu, y_sd = x_train.mean(), x_train.std(), y_train.mean(), y_train.std()
x_train, x_test = (torch.from_numpy((v - x_mu) / x_sd) for v in (x_train, x_test))
y_train, y_test = (torch.from_numpy((v - y_mu) / y_sd) for v in (y_train, y_test))


def member():
    return nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 2))


M = 5
skeleton = member().to("meta")
params, buffers = stack_module_state([member() for _ in range(M)])
params = {k: v.detach() for k, v in params.items()}


def gaussian_nll(p, b, x, y):
    mean, raw = functional_call(skeleton, (p, b), (x,)).unbind(-1)
    var = nn.functional.softplus(raw) + 1e-4
    return 0.5 * (var.log() + (y - mean) ** 2 / var + math.log(2 * math.pi)).mean()


per_member = vmap(grad_and_value(gaussian_nll), in_dims=(0, 0, 0, 0))

m1 = {k: torch.zeros_like(v) for k, v in params.items()}
m2 = {k: torch.zeros_like(v) for k, v in params.items()}


def adam(params, grads, t, lr, b1=0.9, b2=0.999, eps=1e-8):
    new = {}
    for k, p in params.items():
        m1[k] = b1 * m1[k] + (1 - b1) * grads[k]
        m2[k] = b2 * m2[k] + (1 - b2) * grads[k] ** 2
        step = (m1[k] / (1 - b1 ** t)) / ((m2[k] / (1 - b2 ** t)).sqrt() + eps)
        new[k] = p - lr * step
    return new


EPOCHS, BATCH = 30, 100
per_epoch = len(x_train) // BATCH
t = 0
for epoch in range(EPOCHS):
    # each member sees its own order
    order = torch.stack([torch.randperm(len(x_train)) for _ in range(M)])
    losses = []
    for i in range(per_epoch):
        idx = order[:, i * BATCH:(i + 1) * BATCH]
        t += 1
        lr = 8e-3 * 0.5 * (1 + math.cos(math.pi * t / (EPOCHS * per_epoch)))
        grads, values = per_member(params, buffers, x_train[idx], y_train[idx])
        params = adam(params, grads, t, lr)
        losses.append(values)
    if epoch % 5 == 4:
        each = torch.stack(losses).mean(0)
        print(f"epoch {epoch + 1} member nll " + " ".join(f"{v:+.3f}" for v in each.tolist()))

with torch.no_grad():
    out = vmap(lambda p, b: functional_call(skeleton, (p, b), (x_test,)))(params, buffers)
    mean, var = out[..., 0], nn.functional.softplus(out[..., 1]) + 1e-4
    log_p = -0.5 * (var.log() + (y_test - mean) ** 2 / var + math.log(2 * math.pi))
    mixture = torch.logsumexp(log_p, 0) - math.log(M)
    rmse = (mean.mean(0) - y_test).pow(2).mean().sqrt().item()
print(f"ensemble rmse {rmse:.4f} (target std 1)")
print(f"metric: ensemble_test_nll {-mixture.mean().item():.4f}")
