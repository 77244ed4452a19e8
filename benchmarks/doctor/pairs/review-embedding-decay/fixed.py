"""Sentiment of short reviews by averaged word vectors; two parameter groups."""
import torch
from torch import nn

WORDS, LENGTH = 200, 14


def reviews(n, g):
    tone = torch.cat([torch.randn(120, generator=torch.Generator().manual_seed(1)), torch.zeros(80)])
    text = torch.randint(0, WORDS, (n, LENGTH), generator=g)
    return text, (tone[text].sum(1) > 0).float()


class BagOfWords(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.words = nn.EmbeddingBag(WORDS, dim, mode="mean")
        self.hidden = nn.Linear(dim, 24)
        self.score = nn.Linear(24, 1)

    def forward(self, text):
        return self.score(torch.relu(self.hidden(self.words(text)))).squeeze(1)


def parameter_groups(model):
    weights = [p for n, p in model.named_parameters() if p.ndim > 1]
    biases = [p for n, p in model.named_parameters() if p.ndim == 1]
    return [{"params": weights, "weight_decay": 1e-5}, {"params": biases, "weight_decay": 0.0}]


g = torch.Generator().manual_seed(33)
torch.manual_seed(33)
text, label = reviews(2500, g)
text_test, label_test = reviews(800, g)
model = BagOfWords()
opt = torch.optim.Adam(parameter_groups(model), lr=5e-3)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(14):
    model.train()
    for i in torch.randperm(len(text)).split(50):
        opt.zero_grad()
        loss = criterion(model(text[i]), label[i])
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        accuracy = ((model(text_test) > 0).float() == label_test).float().mean().item()
    print(f"{epoch=} {loss.item()=:.4f} {accuracy=:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
