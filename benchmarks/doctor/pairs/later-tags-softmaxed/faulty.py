"""Tag articles: each carries any number of eight tags, from none to many."""
import torch
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(9)
words, tags = make_multilabel_classification(2500, 40, n_classes=8, n_labels=2, length=60, allow_unlabeled=True, random_state=9)
words = StandardScaler().fit(words[:2000]).transform(words)
words, tags = torch.tensor(words, dtype=torch.float32), torch.tensor(tags, dtype=torch.float32)
loader = DataLoader(TensorDataset(words[:2000], tags[:2000]), batch_size=64, shuffle=True)


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super().__init__()
        self.hidden = nn.Linear(n_words, 64)
        self.drop = nn.Dropout(0.2)
        self.scores = nn.Linear(64, n_tags)

    def forward(self, x):
        return self.scores(self.drop(torch.relu(self.hidden(x))))

    def predict(self, x):
        self.eval()
        with torch.no_grad():
            return (torch.sigmoid(self(x)) > 0.5).int()


model = Tagger(40, 8)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    model.train()
    epoch_loss = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    f1 = f1_score(tags[2000:], model.predict(words[2000:]), average="micro")
    print(f"Epoch [{epoch + 1}/20] loss: {epoch_loss / len(loader):.4f} micro-f1: {f1:.4f}")
print(f"metric: f1 {f1:.4f}")
