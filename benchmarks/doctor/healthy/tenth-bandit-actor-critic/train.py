"""Advantage actor-critic on a contextual bandit made of the iris data.

The agent sees a flower, names a species and gets a noisy 0/1 reward (10% of the rewards
are flipped). It is never told the right answer. The policy loss is a surrogate whose
value means little; the reward is what should rise.
"""
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(13)

X, y = load_iris(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=50, stratify=y, random_state=13)
mu, sd = X_tr.mean(0), X_tr.std(0)
X_tr, X_te = (torch.tensor((v - mu) / sd, dtype=torch.float32) for v in (X_tr, X_te))
y_tr, y_te = torch.tensor(y_tr), torch.tensor(y_te)


class Bandit:
    FLIP = 0.1

    def __init__(self, contexts, truth):
        self.contexts, self.truth = contexts, truth

    def observe(self, n):
        self.idx = torch.randint(len(self.contexts), (n,))
        return self.contexts[self.idx]

    def pull(self, actions):
        r = (actions == self.truth[self.idx]).float()
        flip = torch.rand(len(r)) < self.FLIP
        return torch.where(flip, 1 - r, r)


actor = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3))
critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
nn.init.normal_(actor[-1].weight, std=0.01)        # start close to uniform
nn.init.zeros_(actor[-1].bias)
opt_actor = torch.optim.Adam(actor.parameters(), lr=5e-3)
opt_critic = torch.optim.Adam(critic.parameters(), lr=1e-2)

env = Bandit(X_tr, y_tr)
STEPS, BATCH = 900, 64
smooth = 1 / 3
for step in range(STEPS):
    ctx = env.observe(BATCH)
    policy = Categorical(logits=actor(ctx))
    action = policy.sample()
    reward = env.pull(action)

    value = critic(ctx).squeeze(1)
    critic_loss = (value - reward).pow(2).mean()
    advantage = reward - value.detach()             # the baseline gets no policy gradient
    ent_coef = 0.02 * (1 - step / STEPS)
    actor_loss = -(policy.log_prob(action) * advantage).mean() - ent_coef * policy.entropy().mean()

    opt_critic.zero_grad()
    critic_loss.backward()
    opt_critic.step()
    opt_actor.zero_grad()
    actor_loss.backward()
    opt_actor.step()

    smooth = 0.97 * smooth + 0.03 * reward.mean().item()
    if step % 150 == 0 or step == STEPS - 1:
        print(f"step {step:4d} reward {smooth:.3f} actor {actor_loss.item():+.4f} "
              f"critic {critic_loss.item():.4f} entropy {policy.entropy().mean().item():.3f}")

with torch.no_grad():
    greedy = actor(X_te).argmax(1)
    acc = (greedy == y_te).float().mean().item()
print(f"best possible mean reward {1 - Bandit.FLIP:.2f}")
print(f"metric: greedy_test_accuracy {acc:.4f}")
