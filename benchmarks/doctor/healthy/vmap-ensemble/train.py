"""An ensemble of eight small networks, stacked and trained together by hand-written momentum SGD."""
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

MEMBERS, EPOCHS, BATCH, LR, MU, DECAY = 8, 25, 24, 0.02, 0.9, 1e-3


def member():
    return nn.Sequential(nn.Linear(30, 12), nn.ReLU(), nn.Linear(12, 1))


torch.manual_seed(3)
x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.35, random_state=3, stratify=y)
mean, std = x_train.mean(0), x_train.std(0)
x_train, x_test = (torch.tensor((a - mean) / std, dtype=torch.float32) for a in (x_train, x_test))
y_train, y_test = torch.tensor(y_train, dtype=torch.float32), torch.tensor(y_test)

params, buffers = stack_module_state([member() for _ in range(MEMBERS)])
params = {k: p.detach() for k, p in params.items()}
skeleton = member().to("meta")


def loss_fn(p, b, xb, yb):
    out = functional_call(skeleton, (p, b), (xb,)).squeeze(1)
    return nn.functional.binary_cross_entropy_with_logits(out, yb)


each = vmap(grad_and_value(loss_fn), in_dims=(0, 0, 0, 0))
velocity = {k: torch.zeros_like(p) for k, p in params.items()}
n = len(x_train)
for epoch in range(EPOCHS):
    rows = torch.stack([torch.randint(0, n, (n,)) for _ in range(MEMBERS)])
    total = torch.zeros(MEMBERS)
    steps = n // BATCH
    for k in range(steps):
        idx = rows[:, k * BATCH:(k + 1) * BATCH]
        grads, losses = each(params, buffers, x_train[idx], y_train[idx])
        for name in params:
            velocity[name] = MU * velocity[name] + grads[name] + DECAY * params[name]
            params[name] = params[name] - LR * velocity[name]
        total += losses
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss per member {[round(v, 3) for v in (total / steps).tolist()]}")

outs = vmap(lambda p, b: functional_call(skeleton, (p, b), (x_test,)).squeeze(1))(params, buffers)
accuracy = ((outs.sigmoid().mean(0) > 0.5).long() == y_test).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
