"""Small causal transformer with tied input/output embeddings on a 2nd-order Markov source.

The source entropy is the loss floor (about 1.36 nats out of ln 12 = 2.48), so
the figure of merit is the gap between the model and the true conditional law.
"""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1)
rng = np.random.default_rng(1)

V, CTX, D, HEADS = 12, 24, 48, 4
# sum of two bigram score tables gives a law that depends on the last two symbols
t1, t2 = rng.normal(0, 1.4, (V, V)), rng.normal(0, 1.4, (V, V))
logits = t1[:, None, :] + t2[None, :, :]
law = np.exp(logits - logits.max(-1, keepdims=True))
law /= law.sum(-1, keepdims=True)


def draw(n_seq):
    seqs = np.empty((n_seq, CTX + 1), dtype=np.int64)
    seqs[:, :2] = rng.integers(0, V, (n_seq, 2))
    cum = law.cumsum(-1)
    for i in range(2, CTX + 1):
        u = rng.random((n_seq, 1))
        seqs[:, i] = np.minimum((cum[seqs[:, i - 2], seqs[:, i - 1]] < u).sum(1), V - 1)
    return torch.from_numpy(seqs)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 3 * D), nn.GELU(), nn.Linear(3 * D, D))

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        att = q @ k.transpose(-1, -2) / math.sqrt(D // HEADS)
        future = torch.ones(t, t, dtype=torch.bool).triu(1)
        att = att.masked_fill(future, float("-inf")).softmax(-1)
        x = x + self.proj((att @ v).transpose(1, 2).reshape(b, t, D))
        return x + self.mlp(self.n2(x))


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, D), nn.Embedding(CTX, D)
        nn.init.normal_(self.tok.weight, std=0.1)
        nn.init.normal_(self.pos.weight, std=0.1)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(D)
        self.head = nn.Linear(D, V, bias=False)
        self.head.weight = self.tok.weight           # weight tying

    def forward(self, idx):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        return self.head(self.norm(self.blocks(x)))


lm = LM()
decay = [p for p in lm.parameters() if p.dim() >= 2]
rest = [p for p in lm.parameters() if p.dim() < 2]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}], lr=4e-3)
STEPS, WARM = 320, 30
sched = torch.optim.lr_scheduler.LambdaLR(
    opt, lambda s: min((s + 1) / WARM, 0.5 * (1 + math.cos(math.pi * max(0, s - WARM) / (STEPS - WARM))) + 0.02))


def nll(batch):
    # the first target is uniform noise by construction, so it is not scored
    out = lm(batch[:, :-1])[:, 1:]
    return F.cross_entropy(out.reshape(-1, V), batch[:, 2:].reshape(-1))


corpus = draw(6000)
lm.train()
for step in range(STEPS):
    loss = nll(corpus[torch.randint(len(corpus), (56,))])
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(lm.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 60 == 0 or step == STEPS - 1:
        print(f"step {step} nll {loss.item():.4f}")

lm.eval()
test = draw(600)
with torch.no_grad():
    model_nll = nll(test).item()
p = torch.from_numpy(law)[test[:, :-2], test[:, 1:-1]].gather(2, test[:, 2:, None])
oracle = -p.log().mean().item()
print(f"test nll {model_nll:.4f}, oracle {oracle:.4f}, uniform {math.log(V):.4f}")
print(f"metric: excess_nats_over_oracle {model_nll - oracle:.4f}")
