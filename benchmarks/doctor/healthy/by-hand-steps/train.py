"""Gradient descent without an optimizer object: weights as plain tensors, the update written out."""

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
mean, std = X.mean(0), X.std(0)
X, X_test = (torch.tensor((a - mean) / std, dtype=torch.float32) for a in (X, X_test))
y, y_test = torch.tensor(y, dtype=torch.float32), torch.tensor(y_test)

w1 = (torch.randn(30, 12) / 30**0.5).requires_grad_()
b1 = torch.zeros(12, requires_grad=True)
w2 = (torch.randn(12) / 12**0.5).requires_grad_()
b2 = torch.zeros((), requires_grad=True)
weights = [w1, b1, w2, b2]


def logits(x):
    return torch.tanh(x @ w1 + b1) @ w2 + b2


rate = 0.3
for epoch in range(40):
    for rows in torch.randperm(len(X)).split(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits(X[rows]), y[rows])
        loss.backward()
        with torch.no_grad():
            for w in weights:
                w -= rate * w.grad
                w.grad = None
    if epoch % 10 == 0:
        print(epoch, loss.item())

with torch.no_grad():
    accuracy = ((logits(X_test) > 0) == y_test.bool()).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
