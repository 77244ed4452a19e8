"""Which of four made-up languages is a name from? A character GRU."""
import random

import torch
from torch import nn

random.seed(11)
torch.manual_seed(11)
ENDINGS = {"nor": ["sen", "vik", "dal"], "ita": ["ello", "ucci", "ano"], "jap": ["moto", "saki", "yama"], "pol": ["ski", "wicz", "czyk"]}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw(kind):
    stem = "".join(random.choice("bdfgklmnprst") + random.choice("aeiou") for _ in range(random.randint(1, 2)))
    return stem + random.choice(ENDINGS[kind])


def encode(word, width=12):
    ids = [LETTERS.index(c) + 1 for c in word[:width]]
    return ids + [0] * (width - len(ids))


class NameTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(27, 16, padding_idx=0)
        self.rnn = nn.GRU(16, 32, batch_first=True)
        self.out = nn.Linear(32, 4)

    def forward(self, ids):
        states, _ = self.rnn(self.table(ids))
        last = (ids != 0).sum(1) - 1
        return self.out(states[torch.arange(len(ids)), last])


class Learner:
    def __init__(self, net, rate):
        self.net, self.loss_fn = net, nn.CrossEntropyLoss()
        self.opt = torch.optim.Adam(net.parameters(), lr=rate)

    def forget(self):
        for p in self.net.parameters():
            p.grad = None

    def one_batch(self, ids, kinds):
        self.forget()
        loss = self.loss_fn(self.net(ids), kinds)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.opt.step()
        return loss.item()


kinds = [random.randrange(4) for _ in range(1600)]
words = [draw(list(ENDINGS)[k]) for k in kinds]
ids, kinds = torch.tensor([encode(w) for w in words]), torch.tensor(kinds)
learner = Learner(NameTagger(), 3e-3)
for epoch in range(8):
    losses = [learner.one_batch(ids[r], kinds[r]) for r in torch.randperm(1200).split(32)]
    with torch.no_grad():
        right = (learner.net(ids[1200:]).argmax(1) == kinds[1200:]).float().mean().item()
    print(f"{epoch:2d}  loss {sum(losses) / len(losses):.3f}  right {right:.3f}")
print(f"metric: accuracy {right:.4f}")
