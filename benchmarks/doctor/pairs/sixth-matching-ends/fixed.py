"""Does the sequence contain the same symbol at both ends? A small encoder with linear warmup and decay."""
import logging

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

logger = logging.getLogger(__name__)

CONFIG = {
    "model": {"vocab": 12, "length": 9, "dim": 32, "heads": 4, "layers": 1},
    "optim": {"lr": 2e-3, "warmup_steps": 250, "epochs": 9, "batch_size": 40},
    "data": {"train": 2400, "test": 800, "seed": 1},
}


def make_split(n, vocab, length, gen):
    tokens = torch.randint(1, vocab, (n, length), generator=gen)
    same = torch.rand(n, generator=gen) < 0.5
    tokens[same, -1] = tokens[same, 0]
    return TensorDataset(tokens, (tokens[:, 0] == tokens[:, -1]).float())


class Encoder(nn.Module):
    def __init__(self, vocab, length, dim, heads, layers):
        super().__init__()
        self.token = nn.Embedding(vocab, dim)
        self.position = nn.Parameter(torch.randn(length, dim) * 0.5)
        layer = nn.TransformerEncoderLayer(dim, heads, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.out = nn.Sequential(nn.Linear(dim * 2, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, tokens):
        h = self.layers(self.token(tokens) + self.position)
        return self.out(torch.cat([h[:, 0], h[:, -1]], dim=1)).squeeze(1)


def linear_warmup(optimizer, warmup, total):
    def factor(step):
        if step < warmup:
            return (step + 1) / warmup
        return max(0.05, (total - step) / (total - warmup))

    return LambdaLR(optimizer, factor)


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    d, o = CONFIG["data"], CONFIG["optim"]
    torch.manual_seed(d["seed"])
    gen = torch.Generator().manual_seed(d["seed"])
    m = CONFIG["model"]
    train = make_split(d["train"], m["vocab"], m["length"], gen)
    test = make_split(d["test"], m["vocab"], m["length"], gen)
    loader = DataLoader(train, batch_size=o["batch_size"], shuffle=True, generator=gen)

    model = Encoder(**m)
    optimizer = torch.optim.Adam(model.parameters(), lr=o["lr"])
    scheduler = linear_warmup(optimizer, o["warmup_steps"], o["epochs"] * len(loader))
    criterion = nn.BCEWithLogitsLoss()

    for epoch in range(o["epochs"]):
        model.train()
        total = 0.0
        for tokens, target in loader:
            optimizer.zero_grad()
            loss = criterion(model(tokens), target)
            loss.backward()
            optimizer.step()
            total += loss.item()
            scheduler.step()
        logger.info("epoch %d loss %.4f", epoch, total / len(loader))

    model.eval()
    tokens, target = test.tensors
    with torch.no_grad():
        accuracy = ((model(tokens) > 0).float() == target).float().mean().item()
    print(f"metric: accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
