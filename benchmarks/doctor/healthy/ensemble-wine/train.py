"""Five networks trained one after another, their probabilities averaged."""

import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


class Member:
    """One network of the ensemble with its own optimizer and its own bootstrap sample."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        self.net = torch.nn.Sequential(torch.nn.Linear(13, 20), torch.nn.Tanh(), torch.nn.Linear(20, 3))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=1e-2, weight_decay=1e-3)

    def fit(self, x, y, epochs=40):
        rows = torch.randint(len(x), (len(x),), generator=self.generator)
        x, y = x[rows], y[rows]
        for _ in range(epochs):
            for i in torch.randperm(len(x), generator=self.generator).split(16):
                self.optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.net(x[i]), y[i])
                loss.backward()
                self.optimizer.step()
        return loss.item()

    @torch.no_grad()
    def predict(self, x):
        self.net.eval()
        return self.net(x).softmax(1)


x, y = load_wine(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.35, stratify=y, random_state=0)
scaler = StandardScaler().fit(x_train)
x_train, x_test = (torch.tensor(scaler.transform(a), dtype=torch.float32) for a in (x_train, x_test))
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

members = [Member(seed) for seed in range(5)]
for i, member in enumerate(members):
    print("member", i, "last loss", round(member.fit(x_train, y_train), 4))
mean = torch.stack([m.predict(x_test) for m in members]).mean(0)
print(f"metric: accuracy {(mean.argmax(1) == y_test).float().mean().item():.4f}")
