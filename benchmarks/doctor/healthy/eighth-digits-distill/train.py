import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--T", type=float, default=3.0)
parser.add_argument("--alpha", type=float, default=0.7)
parser.add_argument("--teacher-epochs", type=int, default=7)
parser.add_argument("--student-epochs", type=int, default=40)
args = parser.parse_args()
torch.manual_seed(3)

d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16.0
y = torch.tensor(d.target)
tr, te = train_test_split(range(len(y)), test_size=0.25, stratify=d.target, random_state=3)
xtr, ytr, xte, yte = x[tr], y[tr], x[te], y[te]


def conv_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 16, 10))


def small_net():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 24), nn.ReLU(), nn.Linear(24, 10))


def score(net):
    net.eval()
    with torch.no_grad():
        return (net(xte).argmax(1) == yte).float().mean().item()


teacher = conv_net()
opt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for epoch in range(args.teacher_epochs):
    teacher.train()
    for idx in torch.randperm(len(xtr)).split(64):
        opt.zero_grad()
        F.cross_entropy(teacher(xtr[idx]), ytr[idx]).backward()
        opt.step()
print("teacher", round(score(teacher), 4))

teacher.eval()
for p in teacher.parameters():
    p.requires_grad = False

student = small_net()
opt = torch.optim.Adam(student.parameters(), lr=4e-3)
for epoch in range(args.student_epochs):
    student.train()
    running = 0.0
    for idx in torch.randperm(len(xtr)).split(64):
        out = student(xtr[idx])
        with torch.no_grad():
            soft = F.softmax(teacher(xtr[idx]) / args.T, dim=1)
        kd = F.kl_div(F.log_softmax(out / args.T, dim=1), soft, reduction="batchmean") * args.T ** 2
        loss = args.alpha * kd + (1 - args.alpha) * F.cross_entropy(out, ytr[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        running += loss.item() * len(idx)
    if epoch % 10 == 9:
        print(f"student epoch {epoch + 1} loss {running / len(xtr):.4f}")
print(f"metric: accuracy {score(student):.4f}")
