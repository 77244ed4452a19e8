"""Count the bracket depth of a string with a small attention model; warm-up as in the transformer paper."""
import json

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

SETTINGS = json.loads("""
{
  "width": 32,
  "warmup": 100,
  "steps": 500,
  "batch": 64
}
""")


def draw(n, length=12):
    signs = torch.randint(0, 3, (n, length))
    depth = torch.where(signs == 0, 1, torch.where(signs == 1, -1, 0)).sum(1)
    return signs, (depth > 0).long() + 2 * (depth < 0).long()


class Counter(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.signs = nn.Embedding(3, width)
        self.attend = nn.MultiheadAttention(width, 4, batch_first=True)
        self.mix = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, signs):
        h = self.signs(signs)
        h = h + self.attend(h, h, h, need_weights=False)[0]
        return self.mix(h.mean(1))


def noam(step):
    step += 1
    return SETTINGS["width"] ** -0.5 * min(step**-0.5, step * SETTINGS["warmup"] ** -1.5)


torch.manual_seed(6)
model = Counter(SETTINGS["width"])
optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
scheduler = LambdaLR(optimizer, noam)
for step in range(SETTINGS["steps"]):
    signs, depth = draw(SETTINGS["batch"])
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(signs), depth)
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 100 == 99:
        print("step", step + 1, "loss", round(loss.item(), 4))
model.eval()
signs, depth = draw(2000)
print(f"metric: accuracy {(model(signs).argmax(1) == depth).float().mean().item():.4f}")
