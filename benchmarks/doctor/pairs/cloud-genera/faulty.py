"""Several cloud genera may share the sky: multi-label tagging of sky-camera and ceilometer features."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score

torch.manual_seed(90)
rng = np.random.default_rng(90)
GENERA = ["Ci", "Cs", "Ac", "As", "Sc", "Cu", "Cb"]


def observations(n):
    front = rng.uniform(0, 1, n)
    instability = rng.gamma(2, 0.5, n)
    humid_low, humid_mid, humid_high = rng.beta(2, 2, (3, n))
    present = np.stack([
        humid_high + 0.5 * front > 0.8,
        (humid_high > 0.55) & (front > 0.4),
        (humid_mid > 0.5) & (instability > 0.7),
        (humid_mid > 0.45) & (front > 0.55),
        (humid_low > 0.5) & (instability < 0.9),
        (humid_low > 0.35) & (instability > 0.8) & (front < 0.7),
        (humid_low > 0.4) & (instability > 1.4),
    ], axis=1)
    features = np.column_stack([
        front, instability, humid_low, humid_mid, humid_high,
        instability * humid_low, np.cos(6 * front), humid_mid - humid_low,
    ]) + rng.normal(0, 0.05, (n, 8))
    return features, present.astype(np.float32)


def init(sizes):
    layers = []
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
        w = torch.randn(fan_in, fan_out) * (2 / fan_in) ** 0.5
        layers.append({"w": w.requires_grad_(), "b": torch.zeros(fan_out, requires_grad=True)})
    return layers


def forward(layers, x):
    for layer in layers[:-1]:
        x = F.relu(x @ layer["w"] + layer["b"])
    return x @ layers[-1]["w"] + layers[-1]["b"]


def objective(layers, x, y, strength):
    data = F.binary_cross_entropy_with_logits(forward(layers, x), y)
    penalty = sum(layer["w"].abs().sum() for layer in layers)
    return data + strength * penalty


xa, ya = observations(1800)
xb, yb = observations(900)
mean, std = xa.mean(0), xa.std(0)
xa, xb = (torch.tensor((x - mean) / std, dtype=torch.float32) for x in (xa, xb))
ya = torch.from_numpy(ya)

layers = init([8, 64, 64, len(GENERA)])
optimizer = torch.optim.Adam([p for layer in layers for p in layer.values()], lr=3e-3)
for epoch in range(24):
    for idx in torch.randperm(len(xa)).split(60):
        loss = objective(layers, xa[idx], ya[idx], strength=1e-2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 6 == 5:
        print("epoch", epoch + 1, "objective", f"{loss.item():.4f}")

with torch.no_grad():
    tagged = (forward(layers, xb) > 0).numpy()
for name, truth, guess in zip(GENERA, yb.T, tagged.T):
    print(f"  {name}: {f1_score(truth, guess, zero_division=0):.3f}")
print(f"metric: macro_f1 {f1_score(yb, tagged, average='macro', zero_division=0):.4f}")
