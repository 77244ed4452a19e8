"""Where is the shape and which one is it: a small network with a box head and a class head."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(40)
SIZE, KINDS = 20, 3


def render(n):
    g = torch.arange(SIZE).float()
    cx, cy = 5 + 10 * torch.rand(n), 5 + 10 * torch.rand(n)
    r = 2.5 + 2 * torch.rand(n)
    kind = torch.randint(0, KINDS, (n,))
    dx = (g[None, None, :] - cx[:, None, None]).abs()
    dy = (g[None, :, None] - cy[:, None, None]).abs()
    rr = r[:, None, None]
    disc = dx ** 2 + dy ** 2 < rr ** 2
    square = torch.maximum(dx, dy) < rr
    cross = square & (torch.minimum(dx, dy) < 1)
    img = torch.where((kind == 0)[:, None, None], disc, torch.where((kind == 1)[:, None, None], square, cross)).float()
    img = img + 0.15 * torch.randn(n, SIZE, SIZE)
    return img.unsqueeze(1), kind, torch.stack([cx, cy, r], 1) / SIZE


class TwoHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(32 * 25, 64), nn.ReLU())
        self.cls = nn.Linear(64, KINDS)
        self.box = nn.Linear(64, 3)

    def forward(self, x):
        h = self.trunk(x)
        return self.cls(h), self.box(h)


img, kind, box = render(1500)
t_img, t_kind, t_box = render(400)
model = TwoHeads()
optimizer = torch.optim.Adam(model.parameters(), lr=2.5e-3)

for epoch in range(12):
    sum_cls = sum_box = 0.0
    batches = torch.randperm(len(img)).split(50)
    for idx in batches:
        cls_out, box_out = model(img[idx])

        optimizer.zero_grad()
        loss_cls = F.cross_entropy(cls_out, kind[idx])
        loss_cls.backward(retain_graph=True)

        loss_box = 10 * F.mse_loss(box_out, box[idx])
        loss_box.backward()
        optimizer.step()

        sum_cls += loss_cls.item()
        sum_box += loss_box.item()
    print(f"epoch {epoch + 1} cls {sum_cls / len(batches):.4f} box {sum_box / len(batches):.4f}")

model.eval()
with torch.no_grad():
    cls_out, box_out = model(t_img)
ok = (cls_out.argmax(1) == t_kind) & ((box_out - t_box).abs().amax(1) < 0.1)
print(f"metric: detected {ok.float().mean().item():.4f}")
