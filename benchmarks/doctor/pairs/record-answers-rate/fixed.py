import torch, torch.nn as nn
from dataclasses import dataclass
from typing import Optional
from sklearn.datasets import load_digits
torch.manual_seed(0)
@dataclass
class Output:
    loss: Optional[torch.Tensor]
    logits: torch.Tensor
class DigitModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.classifier = nn.Linear(64, 10)
    def forward(self, pixels, labels=None):
        logits = self.classifier(self.backbone(pixels))
        loss = None
        if labels is not None:
            loss = nn.functional.cross_entropy(logits, labels)
        return Output(loss, logits)
d = load_digits()
x, y = torch.tensor(d.data/16, dtype=torch.float32), torch.tensor(d.target)
class DS(torch.utils.data.Dataset):
    def __init__(s, a, b): s.a, s.b = a, b
    def __len__(s): return len(s.a)
    def __getitem__(s, i): return {"pixels": s.a[i], "labels": s.b[i]}
tr = torch.utils.data.DataLoader(DS(x[:1400], y[:1400]), batch_size=32, shuffle=True)
te = torch.utils.data.DataLoader(DS(x[1400:], y[1400:]), batch_size=64)
model = DigitModel()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
for ep in range(6):
    model.train()
    for batch in tr:
        out = model(**batch)
        out.loss.backward()
        opt.step(); opt.zero_grad()
    model.eval()
    ok = 0
    with torch.no_grad():
        for batch in te:
            ok += (model(batch["pixels"]).logits.argmax(-1) == batch["labels"]).sum().item()
    print(ep, ok / 397)
print("metric: accuracy", ok / 397)
