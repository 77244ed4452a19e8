"""Release policy of a water reservoir, learnt by policy gradient with a running baseline (no dataset, no labels)."""
import torch
from torch import nn

torch.manual_seed(38)
MONTHS, PLAYS = 24, 64
RELEASES = torch.tensor([0.0, 0.5, 1.0, 1.5])

policy = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, len(RELEASES)))
optimizer = torch.optim.Adam(policy.parameters(), lr=6e-3)


def play(n, greedy=False):
    volume = torch.rand(n) * 4 + 2
    log_probs, rewards = [], []
    for month in range(MONTHS):
        season = torch.full((n,), month / 12 * 2 * torch.pi)
        state = torch.stack([(volume - 4) / 2, season.sin(), season.cos()], dim=1)
        choice = torch.distributions.Categorical(logits=policy(state))
        action = choice.logits.argmax(1) if greedy else choice.sample()
        log_probs.append(choice.log_prob(action))
        inflow = (0.8 + 0.6 * season.sin() + 0.2 * torch.randn(n)).clamp(min=0)
        release = torch.minimum(RELEASES[action], volume)
        volume = volume - release + inflow
        spill = (volume - 8).clamp(min=0)
        volume = volume - spill
        need = 0.8 - 0.5 * season.sin()
        rewards.append(-(release - need).square() - 2 * spill - 0.5 * (volume < 1).float())
    return torch.stack(log_probs), torch.stack(rewards)


baseline = torch.zeros(MONTHS, 1)
for update in range(120):
    log_probs, rewards = play(PLAYS)
    to_go = rewards.flip(0).cumsum(0).flip(0)
    if update == 0:
        baseline = to_go.mean(1, keepdim=True)
    advantage = to_go - baseline
    loss = -(log_probs * advantage / (advantage.std() + 1e-6)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    baseline = 0.8 * baseline + 0.2 * to_go.mean(1, keepdim=True)
    if update % 20 == 19:
        print(f"update {update + 1} mean return {rewards.sum(0).mean():.3f}")

with torch.no_grad():
    _, rewards = play(500, greedy=True)
print(f"metric: mean_return {rewards.sum(0).mean():.4f}")
