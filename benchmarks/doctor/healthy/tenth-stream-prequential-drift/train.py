"""Online learning on a drifting stream: every row is predicted first, then learned from, once and in order.

Shuffling would leak the future, so the stream stays in time order. The score
is prequential (test-then-train) R^2, and a constant step size tracks the drift.
"""
import numpy as np
import torch

rng = np.random.default_rng(31)
torch.manual_seed(31)

N, D, CHUNK = 8000, 6, 8


def stream():
    """Sensor chunks; the coefficients rotate slowly and the inputs are autocorrelated."""
    w = rng.normal(size=D)
    w /= np.linalg.norm(w)
    w2 = rng.normal(size=D)
    w2 -= (w2 @ w) * w
    w2 /= np.linalg.norm(w2)
    x = rng.normal(size=D)
    for start in range(0, N, CHUNK):
        xs, ys = [], []
        for i in range(start, start + CHUNK):
            x = 0.6 * x + 0.8 * rng.normal(size=D)
            angle = 2 * np.pi * i / N
            coef = 2.0 * (np.cos(angle) * w + np.sin(angle) * w2)
            xs.append(x)
            ys.append(x @ coef + 1.5 + 0.3 * rng.normal())
        yield torch.tensor(np.stack(xs), dtype=torch.float32), torch.tensor(ys, dtype=torch.float32)


model = torch.nn.Linear(D, 1)
torch.nn.init.zeros_(model.weight)
torch.nn.init.zeros_(model.bias)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

sq_err, targets, window = [], [], []
for t, (x, y) in enumerate(stream()):
    pred = model(x).squeeze(1)
    loss = torch.nn.functional.mse_loss(pred, y)

    # predictions were made before this chunk was learned: an honest score
    sq_err.extend((pred.detach() - y).square().tolist())
    targets.extend(y.tolist())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    window.append(loss.item())
    if (t + 1) % 100 == 0:
        print(f"chunk {t + 1:4d} windowed mse {np.mean(window):.4f}")
        window.clear()

burn = 50 * CHUNK
err, tgt = np.array(sq_err[burn:]), np.array(targets[burn:])
r2 = 1 - err.mean() / tgt.var()
print(f"prequential mse {err.mean():.4f} (noise floor {0.3 ** 2:.4f}, variance {tgt.var():.3f})")
print(f"metric: prequential_r2 {r2:.4f}")
