"""Rock type from well logs."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
centres = torch.randn(5, 10) * 1.1
kinds = torch.arange(5).repeat_interleave(300)
logs = centres[kinds] + 1.4 * torch.randn(1500, 10)
test_kinds = torch.randint(5, (400,))
test_logs = centres[test_kinds] + 1.4 * torch.randn(400, 10)
batches = DataLoader(TensorDataset(logs, kinds), batch_size=30)
model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 5))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    for logs_batch, kind in batches:
        optimizer.zero_grad()
        loss = criterion(model(logs_batch), kind)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
with torch.no_grad():
    print(f"metric: accuracy {(model(test_logs).argmax(1) == test_kinds).float().mean():.4f}")
