"""Digits with everything by hand: a list of parameters, a forward function, plain descent."""
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(7)
SIZES = [64, 128, 128, 10]


def make_params():
    params = []
    for n_in, n_out in zip(SIZES[:-1], SIZES[1:]):
        w = torch.randn(n_in, n_out) / n_in**0.5
        params += [w.requires_grad_(), torch.zeros(n_out, requires_grad=True)]
    return params


def forward(params, x):
    *hidden, w, b = params
    for k in range(0, len(hidden), 2):
        x = torch.tanh(x @ hidden[k] + hidden[k + 1])
    return x @ w + b


def nll(logits, y):
    return -(logits - logits.logsumexp(1, keepdim=True)).gather(1, y[:, None]).mean()


x, y = load_digits(return_X_y=True)
x = torch.tensor((x - x.mean(0)) / (x.std(0) + 1e-2), dtype=torch.float32)
y = torch.tensor(y)
x_tr, x_te, y_tr, y_te = train_test_split(x, y, test_size=0.3, random_state=0)
params = make_params()
opt = torch.optim.SGD(params, lr=0.05)
for epoch in range(40):
    for batch in torch.randperm(len(x_tr)).split(32):
        loss = nll(forward(params, x_tr[batch]), y_tr[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 0:
        print("epoch", epoch, "loss", loss.item())
with torch.no_grad():
    accuracy = (forward(params, x_te).argmax(1) == y_te).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
