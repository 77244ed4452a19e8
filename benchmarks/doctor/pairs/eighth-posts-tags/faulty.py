"""Tag forum posts; a post carries between one and five tags."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import accuracy_score

rng = np.random.default_rng(3)
torch.manual_seed(3)
TAGS, VOCAB = 8, 120

topic_words = rng.dirichlet(np.full(VOCAB, 0.06), size=TAGS)
background = rng.dirichlet(np.ones(VOCAB))


def posts(n):
    tags = np.zeros((n, TAGS), "float32")
    counts = np.zeros((n, VOCAB), "float32")
    for k in range(n):
        on = rng.choice(TAGS, size=rng.integers(1, 6), replace=False)
        tags[k, on] = 1
        mix = 0.75 * topic_words[on].mean(0) + 0.25 * background
        counts[k] = rng.multinomial(80, mix / mix.sum())
    return torch.from_numpy(np.log1p(counts)), torch.from_numpy(tags)


x_train, t_train = posts(2500)
x_test, t_test = posts(600)

model = nn.Sequential(nn.Linear(VOCAB, 96), nn.ReLU(), nn.Dropout(0.2), nn.Linear(96, TAGS))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(15):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = criterion(model(x_train[rows]), t_train[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}/15 loss {total / len(x_train):.4f}")

model.eval()
with torch.no_grad():
    pred = (torch.sigmoid(model(x_test)) > 0.5).int().numpy()
print(f"metric: exact_match {accuracy_score(t_test.int().numpy(), pred):.4f}")
