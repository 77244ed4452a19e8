"""A small student learns from a large teacher's soft answers."""

import itertools

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn


def mlp(*widths):
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train_teacher(teacher, x, y, epochs=15):
    optimizer = torch.optim.Adam(teacher.parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            loss = F.cross_entropy(teacher(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def distil(student, teacher, x, y, temperature=3.0, alpha=0.7, epochs=30):
    optimizer = torch.optim.Adam(student.parameters(), lr=4e-3)
    teacher.eval()
    for epoch in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            with torch.no_grad():
                soft = F.log_softmax(teacher(x[rows]) / temperature, dim=1)
            logits = student(x[rows])
            imitation = F.kl_div(
                F.log_softmax(logits / temperature, dim=1), soft, log_target=True, reduction="batchmean"
            )
            loss = alpha * temperature**2 * imitation + (1 - alpha) * F.cross_entropy(logits, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 0:
            print(f"student epoch {epoch}: {loss.item():.4f}")


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X / 16, y, test_size=0.25, random_state=0)
X, X_test = torch.tensor(X).float(), torch.tensor(X_test).float()
y, y_test = torch.tensor(y), torch.tensor(y_test)
teacher, student = mlp(64, 256, 256, 10), mlp(64, 16, 10)
train_teacher(teacher, X, y)
print(f"teacher accuracy {accuracy(teacher, X_test, y_test):.4f}")
distil(student, teacher, X, y)
print(f"metric: student_accuracy {accuracy(student, X_test, y_test):.4f}")
