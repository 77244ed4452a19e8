"""Single-shot detector on a 4x4 grid: objectness, box and class in one head."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(21)
S, IMG, C = 4, 32, 2


def scene():
    img = 0.15 * torch.randn(IMG, IMG)
    tgt = torch.zeros(S, S, 4 + C)
    cells = torch.randperm(S * S)[: int(torch.randint(1, 4, ()))]
    for cell in cells.tolist():
        r, c = divmod(cell, S)
        w, h = (2 + 2 * torch.rand(2)).tolist()
        fx, fy = (0.3 + 0.4 * torch.rand(2)).tolist()
        cx, cy = (c + fx) * IMG / S, (r + fy) * IMG / S
        yy, xx = torch.meshgrid(torch.arange(IMG) + 0.5, torch.arange(IMG) + 0.5, indexing="ij")
        kind = int(torch.randint(0, C, ()))
        inside = ((xx - cx).abs() <= w) & ((yy - cy).abs() <= h)
        if kind == 1:
            inside = inside & ~(((xx - cx).abs() <= w - 1.2) & ((yy - cy).abs() <= h - 1.2))
        img = torch.where(inside, img + 1.0, img)
        tgt[r, c, 0] = 1.0
        tgt[r, c, 1:5] = torch.tensor([fx, fy, w / 4, h / 4])
        tgt[r, c, 5] = float(kind)
    return img, tgt


data = [scene() for _ in range(1300)]
imgs = torch.stack([d[0] for d in data]).unsqueeze(1)
tgts = torch.stack([d[1] for d in data])
train_x, test_x, train_t, test_t = imgs[:1100], imgs[1100:], tgts[:1100], tgts[1100:]


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        def unit(i, o, s):
            return nn.Sequential(nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.1))
        self.body = nn.Sequential(unit(1, 16, 2), unit(16, 32, 1), unit(32, 32, 2), unit(32, 48, 2), unit(48, 48, 1))
        self.head = nn.Conv2d(48, 5 + C, 1)
        nn.init.constant_(self.head.bias[:1].data, -2.0)

    def forward(self, x):
        return self.head(self.body(x)).permute(0, 2, 3, 1)


def detection_loss(out, t):
    obj = t[..., 0]
    m = obj.bool()
    l_obj = F.binary_cross_entropy_with_logits(out[..., 0], obj)
    l_box = F.smooth_l1_loss(out[..., 1:5][m].sigmoid(), t[..., 1:5][m], beta=0.1)
    l_cls = F.cross_entropy(out[..., 5:][m], t[..., 5][m].long())
    return l_obj + 5.0 * l_box + l_cls, (l_obj, l_box, l_cls)


net = Detector()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, milestones=[9], gamma=0.2)
for epoch in range(12):
    net.train()
    parts = torch.zeros(3)
    batches = torch.randperm(len(train_x)).split(50)
    for idx in batches:
        loss, p = detection_loss(net(train_x[idx]), train_t[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        parts += torch.stack(p).detach()
    sched.step()
    print("epoch", epoch + 1, "obj/box/cls", (parts / len(batches)).numpy().round(4))

net.eval()
with torch.no_grad():
    o = net(test_x)
m = test_t[..., 0].bool()
found = o[..., 0] > 0
right = found & m & (o[..., 5:].argmax(-1) == test_t[..., 5].long()) & (
    (o[..., 1:5].sigmoid() - test_t[..., 1:5]).abs().amax(-1) < 0.2)
f1 = 2 * right.sum() / (found.sum() + m.sum())
print(f"metric: f1 {f1.item():.4f}")
