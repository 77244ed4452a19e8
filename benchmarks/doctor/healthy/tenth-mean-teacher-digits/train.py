"""Mean-teacher semi-supervised learning: 100 labelled digits, the rest unlabelled."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(0)
np.random.seed(0)

X, y = load_digits(return_X_y=True)
X = (X / 16.0).astype(np.float32)
X_pool, X_test, y_pool, y_test = train_test_split(X, y, test_size=500, stratify=y, random_state=0)
X_lab, X_unl, y_lab, _ = train_test_split(X_pool, y_pool, train_size=100, stratify=y_pool, random_state=0)
X_lab, X_unl, X_test = map(torch.from_numpy, (X_lab, X_unl, X_test))
y_lab, y_test = torch.from_numpy(y_lab), torch.from_numpy(y_test)


def make_net():
    return nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(128, 128), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(128, 10))


def augment(x):
    """Shift by at most one pixel (zero filled) and add a little noise."""
    img = F.pad(x.view(-1, 8, 8), (1, 1, 1, 1))
    dy, dx = np.random.randint(0, 3, size=2)
    img = img[:, dy:dy + 8, dx:dx + 8]
    return (img + 0.1 * torch.randn_like(img)).reshape(-1, 64)


student, teacher = make_net(), make_net()
teacher.load_state_dict(student.state_dict())
for p in teacher.parameters():
    p.requires_grad_(False)

opt = torch.optim.AdamW(student.parameters(), lr=2e-3, weight_decay=1e-3)


@torch.no_grad()
def update_teacher(step):
    decay = min(0.99, 1 - 1 / (step + 1))
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)


def accuracy(net):
    was = net.training
    net.eval()
    with torch.no_grad():
        acc = (net(X_test).argmax(1) == y_test).float().mean().item()
    net.train(was)
    return acc


STEPS, RAMP, W_MAX = 1200, 400, 10.0
student.train()
teacher.train()          # dropout noise in the teacher is part of the method
for step in range(STEPS):
    li = torch.randint(len(X_lab), (50,))
    ui = torch.randint(len(X_unl), (100,))
    logits = student(augment(X_lab[li]))
    sup = F.cross_entropy(logits, y_lab[li])

    with torch.no_grad():
        soft = teacher(augment(X_unl[ui])).softmax(1)
    cons = F.mse_loss(student(augment(X_unl[ui])).softmax(1), soft)

    w = W_MAX * float(np.exp(-5 * (1 - min(1.0, step / RAMP)) ** 2))
    loss = sup + w * cons
    opt.zero_grad()
    loss.backward()
    opt.step()
    update_teacher(step)
    if step % 200 == 199:
        print(f"step {step + 1} supervised {sup.item():.4f} consistency {cons.item():.5f} weight {w:.2f}")

print(f"student {accuracy(student):.4f}")
print(f"metric: teacher_test_accuracy {accuracy(teacher):.4f}")
