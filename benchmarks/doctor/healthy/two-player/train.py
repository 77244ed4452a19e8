"""A small GAN on a ring of Gaussians; two optimizers, alternating steps."""
import math

import torch
from torch import nn

torch.manual_seed(5)
MODES = torch.stack([torch.tensor([math.cos(a), math.sin(a)]) for a in torch.linspace(0, 2 * math.pi, 7)[:-1].tolist()]) * 1.5


def real(n):
    return MODES[torch.randint(0, 6, (n,))] + 0.1 * torch.randn(n, 2)


G = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2))
D = nn.Sequential(nn.Linear(2, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.99))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.99))
average = {k: v.clone() for k, v in G.state_dict().items()}
bce = nn.functional.binary_cross_entropy_with_logits

for it in range(2200):
    x = real(96)
    fake = G(torch.randn(96, 4))
    on_real, on_fake = D(x), D(fake.detach())
    loss_d = bce(on_real, torch.full_like(on_real, 0.9)) + bce(on_fake, torch.zeros_like(on_fake))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()

    judged = D(fake)
    loss_g = bce(judged, torch.ones_like(judged))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    with torch.no_grad():
        for k, v in G.state_dict().items():
            average[k].lerp_(v, 0.01)
    if it % 400 == 399:
        print(f"{it + 1} D {loss_d.item():.3f} G {loss_g.item():.3f}")

G.load_state_dict(average)
G.eval()
with torch.no_grad():
    made = G(torch.randn(3000, 4))
    distance, nearest = torch.cdist(made, MODES).min(1)
    share = torch.bincount(nearest[distance < 0.4], minlength=6) / 3000
print("share per mode", [round(s, 3) for s in share.tolist()])
print(f"metric: on_modes {(share.clamp(max=1 / 6)).sum().item():.4f}")
