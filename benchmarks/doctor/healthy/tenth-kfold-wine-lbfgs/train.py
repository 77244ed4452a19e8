"""5-fold cross-validation on wine: a small ridge-penalised network fitted by full-batch L-BFGS.

Very few rows (178), therefore the scaler and the network are refitted inside each
fold and a strong L2 penalty takes the place of early stopping.
"""
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from torch import nn


class FoldResult(NamedTuple):
    objective: float
    accuracy: float
    macro_f1: float


def fit_fold(x_tr, y_tr, x_te, y_te, seed, l2=0.02):
    torch.manual_seed(seed)
    scaler = StandardScaler().fit(x_tr)
    a, b = (torch.tensor(scaler.transform(v), dtype=torch.float64) for v in (x_tr, x_te))
    target = torch.tensor(y_tr)

    net = nn.Sequential(nn.Linear(13, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    weights = [m.weight for m in net if isinstance(m, nn.Linear)]
    opt = torch.optim.LBFGS(net.parameters(), lr=1, max_iter=100, line_search_fn="strong_wolfe")

    def objective():
        opt.zero_grad()
        penalty = sum(w.square().sum() for w in weights)
        value = nn.functional.cross_entropy(net(a), target) + l2 * penalty / 2
        value.backward()
        return value

    opt.step(objective)                 # one call: L-BFGS iterates until it converges
    net.eval()
    with torch.no_grad():
        pred = net(b).argmax(1).numpy()
        final = (nn.functional.cross_entropy(net(a), target)
                 + l2 * sum(w.square().sum() for w in weights) / 2).item()
    return FoldResult(final, float((pred == y_te).mean()), f1_score(y_te, pred, average="macro"))


def main():
    X, y = load_wine(return_X_y=True)
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=4)
    results = []
    for k, (tr, te) in enumerate(folds.split(X, y)):
        res = fit_fold(X[tr], y[tr], X[te], y[te], seed=100 + k)
        results.append(res)
        print(f"fold {k}: objective {res.objective:.4f} accuracy {res.accuracy:.3f} f1 {res.macro_f1:.3f}")
    acc = np.array([r.accuracy for r in results])
    print(f"accuracy {acc.mean():.4f} +/- {acc.std():.4f} over {len(acc)} folds")
    print(f"metric: cv_macro_f1 {np.mean([r.macro_f1 for r in results]):.4f}")


if __name__ == "__main__":
    main()
