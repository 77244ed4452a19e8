"""Vector-quantised autoencoder; the codebook is learnt by moving averages, the decoder through a straight-through pass."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(13)
K, D, P = 48, 8, 64


def patches(n):
    t = torch.linspace(0, 1, P)
    f = torch.tensor([2.0, 3.0, 5.0, 8.0])[torch.randint(0, 4, (n,))]
    shift = torch.randint(0, 6, (n,)) / 6.0
    a = 0.8 + 0.4 * torch.rand(n)
    return a[:, None] * torch.sin(6.2832 * (f[:, None] * t + shift[:, None])) + 0.05 * torch.randn(n, P)


class VectorQuantizer(nn.Module):
    def __init__(self, decay=0.95):
        super().__init__()
        self.decay = decay
        self.register_buffer("codes", torch.randn(K, D) * 0.5)
        self.register_buffer("count", torch.ones(K))
        self.register_buffer("total", self.codes.clone())

    def forward(self, z):
        flat = z.reshape(-1, D)
        idx = torch.cdist(flat.detach(), self.codes).argmin(1)
        q = self.codes[idx].view_as(z)
        if self.training:
            with torch.no_grad():
                onehot = F.one_hot(idx, K).float()
                self.count.lerp_(onehot.sum(0), 1 - self.decay)
                self.total.lerp_(onehot.T @ flat, 1 - self.decay)
                self.codes.copy_(self.total / (self.count[:, None] + 1e-5))
                dead = self.count < 0.05
                if dead.any():
                    pick = flat[torch.randint(0, len(flat), (int(dead.sum()),))]
                    self.codes[dead], self.total[dead], self.count[dead] = pick, pick, torch.ones(len(pick))
        commit = F.mse_loss(z, q.detach())
        return z + (q - z).detach(), commit, idx


class VQAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(P, 96), nn.ReLU(), nn.Linear(96, 4 * D))
        self.vq = VectorQuantizer()
        self.dec = nn.Sequential(nn.Linear(4 * D, 96), nn.ReLU(), nn.Linear(96, P))

    def forward(self, x):
        q, commit, idx = self.vq(self.enc(x).view(-1, 4, D))
        return self.dec(q.flatten(1)), commit, idx


x_train, x_test = patches(4000), patches(500)
model = VQAE()
opt = torch.optim.Adam(model.parameters(), lr=1.5e-3)
for epoch in range(25):
    model.train()
    rec_sum = 0.0
    for idx in torch.randperm(len(x_train)).split(100):
        x = x_train[idx]
        rec, commit, codes = model(x)
        rec_loss = F.mse_loss(rec, x)
        loss = rec_loss + 0.25 * commit
        opt.zero_grad()
        loss.backward()
        opt.step()
        rec_sum += rec_loss.item() * len(idx)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} recon {rec_sum / len(x_train):.4f} commit {commit.item():.4f} used {len(codes.unique())}")
model.eval()
with torch.no_grad():
    rec, _, _ = model(x_test)
print(f"metric: r2 {1 - F.mse_loss(rec, x_test).item() / x_test.var().item():.4f}")
