"""A support vector machine on random Fourier features, trained by SGD on the hinge loss."""
import math

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


class FourierSVM(torch.nn.Module):
    def __init__(self, d, n_features=300, gamma=0.02, seed=0):
        super().__init__()
        g = torch.Generator().manual_seed(seed)
        self.register_buffer("omega", torch.randn(d, n_features, generator=g) * math.sqrt(2 * gamma))
        self.register_buffer("phase", torch.rand(n_features, generator=g) * 2 * math.pi)
        self.w = torch.nn.Parameter(torch.zeros(n_features))
        self.b = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x):
        z = torch.cos(x @ self.omega + self.phase) * math.sqrt(2 / len(self.phase))
        return z @ self.w + self.b


def hinge(score, y, w, c=20.0):
    return torch.clamp(1 - y * score, min=0).mean() + 0.5 * (w @ w) / (c * 400)


data = load_breast_cancer()
xtr, xte, ytr, yte = train_test_split(data.data, data.target, test_size=0.3, stratify=data.target, random_state=1)
scaler = StandardScaler().fit(xtr)
xtr = torch.tensor(scaler.transform(xtr), dtype=torch.float32)
xte = torch.tensor(scaler.transform(xte), dtype=torch.float32)
ytr = torch.tensor(ytr, dtype=torch.float32)
yte = torch.tensor(yte, dtype=torch.bool)

torch.manual_seed(1)
svm = FourierSVM(xtr.shape[1])
sgd = torch.optim.SGD(svm.parameters(), lr=0.3, momentum=0.9)
for epoch in range(40):
    for idx in torch.randperm(len(xtr)).split(32):
        sgd.zero_grad()
        loss = hinge(svm(xtr[idx]), ytr[idx], svm.w)
        loss.backward()
        sgd.step()
    if epoch % 10 == 9:
        print(f"{epoch + 1} objective {hinge(svm(xtr), ytr, svm.w).item():.4f}")

with torch.no_grad():
    positive = svm(xte) > 0
sens = (positive & yte).sum() / yte.sum()
spec = (~positive & ~yte).sum() / (~yte).sum()
print("metric: balanced_accuracy", round((sens + spec).item() / 2, 4))
