"""Contextual news bandit with an actor and a critic."""
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(28)
ARMS, CTX = 6, 8
taste = torch.randn(CTX, ARMS) * 1.2


def contexts(n):
    return torch.randn(n, CTX)


def click(ctx, arm):
    p = torch.sigmoid((ctx @ taste).gather(1, arm[:, None]).squeeze(1) - 1.0)
    return torch.bernoulli(p)


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(CTX, 32), nn.Tanh(),
            nn.Linear(32, ARMS), nn.Softmax(dim=-1),
        )

    def forward(self, ctx):
        return Categorical(logits=self.net(ctx))


actor = Actor()
critic = nn.Sequential(nn.Linear(CTX, 32), nn.Tanh(), nn.Linear(32, 1))
actor_opt = torch.optim.Adam(actor.parameters(), lr=5e-3)
critic_opt = torch.optim.Adam(critic.parameters(), lr=5e-3)

history = []
for step in range(900):
    ctx = contexts(64)
    dist = actor(ctx)
    arm = dist.sample()
    reward = click(ctx, arm)
    value = critic(ctx).squeeze(1)
    advantage = (reward - value).detach()

    critic_loss = (value - reward).pow(2).mean()
    critic_opt.zero_grad()
    critic_loss.backward()
    critic_opt.step()

    actor_loss = -(dist.log_prob(arm) * advantage).mean() - 0.003 * dist.entropy().mean()
    actor_opt.zero_grad()
    actor_loss.backward()
    actor_opt.step()
    history.append(reward.mean().item())
    if step % 150 == 149:
        print(f"step {step + 1} clicks {sum(history[-150:]) / 150:.4f} entropy {dist.entropy().mean().item():.3f}")

with torch.no_grad():
    ctx = contexts(4000)
    p = torch.sigmoid(ctx @ taste - 1.0)
    arm = actor(ctx).sample()
    ratio = p.gather(1, arm[:, None]).mean() / p.max(1).values.mean()
print(f"metric: click_ratio {ratio.item():.4f}")
