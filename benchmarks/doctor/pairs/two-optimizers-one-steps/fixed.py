"""Encoder and head with an optimizer each."""
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(36)
raw = load_digits()
x, y = torch.tensor(raw.data / 16, dtype=torch.float32), torch.tensor(raw.target)
order = torch.randperm(len(y))
train, test = order[:1300], order[1300:]
encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8), nn.Tanh())
head = nn.Linear(8, 10)
opt_encoder = torch.optim.Adam(encoder.parameters(), lr=2e-3)
opt_head = torch.optim.Adam(head.parameters(), lr=1e-2)
for epoch in range(15):
    encoder.train(), head.train()
    for rows in train[torch.randperm(len(train))].split(40):
        opt_encoder.zero_grad()
        opt_head.zero_grad()
        loss = nn.functional.cross_entropy(head(encoder(x[rows])), y[rows])
        loss.backward()
        opt_encoder.step()
        opt_head.step()
    encoder.eval(), head.eval()
    with torch.no_grad():
        accuracy = (head(encoder(x[test])).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch + 1} loss {loss.item():.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
