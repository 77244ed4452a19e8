"""Small network fitted with L-BFGS on the whole training set."""

import torch
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(0)
X, y = make_friedman1(n_samples=600, n_features=6, noise=0.5, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
sx, sy = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
tensor = lambda a: torch.tensor(a, dtype=torch.float32)
X_train, X_test = tensor(sx.transform(X_train)), tensor(sx.transform(X_test))
y_train, y_test = tensor(sy.transform(y_train[:, None])), tensor(sy.transform(y_test[:, None]))

model = torch.nn.Sequential(torch.nn.Linear(6, 24), torch.nn.Tanh(), torch.nn.Linear(24, 1))
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.8, max_iter=10, history_size=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    penalty = sum((w**2).sum() for w in model.parameters())
    loss = torch.nn.functional.mse_loss(model(X_train), y_train) + 1e-3 * penalty
    loss.backward()
    return loss


for round_ in range(60):
    loss = optimizer.step(closure)
    if round_ % 10 == 0:
        print(f"{round_:3d} {loss.item():.5f}")

model.eval()
with torch.no_grad():
    rest = ((model(X_test) - y_test) ** 2).sum()
    r2 = 1 - rest / ((y_test - y_test.mean()) ** 2).sum()
print(f"metric: r2 {r2.item():.4f}")
