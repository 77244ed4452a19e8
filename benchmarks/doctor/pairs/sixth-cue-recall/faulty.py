"""Remember a cue that is shown at the start of a long noisy sequence."""
import torch
import torch.nn as nn

CUES, DELAY, DISTRACTORS, HIDDEN = 10, 20, 6, 24
VOCAB = CUES + DISTRACTORS
torch.manual_seed(13)


def sample(n):
    cue = torch.randint(0, CUES, (n,))
    rest = torch.randint(CUES, VOCAB, (n, DELAY))
    return torch.cat([cue[:, None], rest], dim=1), cue


class Recall(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 16)
        self.cell = nn.GRUCell(16, HIDDEN)
        self.out = nn.Linear(HIDDEN, CUES)

    def step(self, token, state):
        return self.cell(self.emb(token), state)

    def forward(self, tokens):
        state = torch.zeros(len(tokens), HIDDEN)
        for token in tokens.unbind(1):
            state = self.step(token, state.detach())
        return self.out(state)


model = Recall()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
held_x, held_y = sample(1000)

for it in range(900):
    x, y = sample(64)
    loss = nn.functional.cross_entropy(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if it % 100 == 99:
        print(f"iteration {it + 1} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    print(f"metric: accuracy {(model(held_x).argmax(1) == held_y).float().mean().item():.4f}")
