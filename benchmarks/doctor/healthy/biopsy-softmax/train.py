# Multinomial logistic regression on the breast-cancer table, plain gradient descent with torch.func
import torch
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch.func import grad_and_value, vmap

torch.manual_seed(44)
raw, target = load_breast_cancer(return_X_y=True)
a, b, ya, yb = train_test_split(raw, target, test_size=0.3, stratify=target, random_state=44)
a, b = torch.tensor(a).float(), torch.tensor(b).float()
mu, sd = a.mean(0), a.std(0)
a, b = (a - mu) / sd, (b - mu) / sd
ya, yb = torch.tensor(ya), torch.tensor(yb)

weights = {"w": torch.zeros(30, 2), "b": torch.zeros(2)}


def scores(weights, x):
    return x @ weights["w"] + weights["b"]


def objective(weights, x, y):
    per_sample = vmap(lambda s, k: -F.log_softmax(s, 0).gather(0, k[None])[0])(scores(weights, x), y)
    return per_sample.mean() + 1e-3 * weights["w"].square().sum()


step_size = 0.5
descend = grad_and_value(objective)
for it in range(300):
    g, value = descend(weights, a, ya)
    weights = {k: weights[k] - step_size * g[k] for k in weights}
    if it % 60 == 0:
        print("iteration", it, "objective", value.item())

guess = scores(weights, b).argmax(1)
print("metric: accuracy", (guess == yb).float().mean().item())
