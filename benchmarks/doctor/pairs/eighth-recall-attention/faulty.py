"""Key-value lookup with a small hand-written transformer block."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(6)
PAIRS, SYMBOLS, DIM, HEADS = 5, 10, 48, 1


def make_batch(n):
    keys = torch.rand(n, SYMBOLS).argsort(1)[:, :PAIRS]
    vals = torch.randint(0, SYMBOLS, (n, PAIRS))
    pick = torch.randint(0, PAIRS, (n,))
    query = keys.gather(1, pick[:, None])
    answer = vals.gather(1, pick[:, None]).squeeze(1)
    seq_k = torch.cat([keys, query], 1)
    seq_v = torch.cat([vals, torch.full((n, 1), SYMBOLS)], 1)
    return torch.stack([seq_k, seq_v], -1), answer


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        att = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(C // self.heads)
        att = F.softmax(att, dim=1)
        out = torch.einsum("bhij,bhjd->bhid", att, v)
        return self.proj(out.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = Attention(dim, heads)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class Lookup(nn.Module):
    def __init__(self):
        super().__init__()
        self.key_emb = nn.Embedding(SYMBOLS, DIM)
        self.val_emb = nn.Embedding(SYMBOLS + 1, DIM)
        self.block = Block(DIM, HEADS)
        self.head = nn.Linear(DIM, SYMBOLS)

    def forward(self, s):
        h = self.key_emb(s[..., 0]) + self.val_emb(s[..., 1])
        return self.head(self.block(h)[:, -1])


model = Lookup()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(600):
    s, y = make_batch(128)
    loss = F.cross_entropy(model(s), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 99:
        print(f"step {step + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    s, y = make_batch(1000)
    acc = (model(s).argmax(1) == y).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
