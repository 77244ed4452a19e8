"""Which of six words? A recurrent network over sound frames, trained by a generator of batches."""
import torch
from torch import nn, optim
from torch.nn.utils.rnn import pack_padded_sequence

torch.manual_seed(35)
patterns = torch.randn(6, 16, 8)


def spoken(n):
    word = torch.randint(0, 6, (n,))
    length = torch.randint(10, 17, (n,))
    frames = patterns[word] + 1.0 * torch.randn(n, 16, 8)
    frames = frames * (torch.arange(16)[None, :, None] < length[:, None, None])
    return frames, length, word


def stream(batch, count):
    for _ in range(count):
        yield spoken(batch)


class Listener(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 24, batch_first=True)
        self.classify = nn.Sequential(nn.Linear(24, 6), nn.Softmax(dim=-1))

    def forward(self, frames, length):
        packed = pack_padded_sequence(frames, length, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.classify(h[-1])


listener = Listener()
optimizer = optim.SGD(listener.parameters(), lr=0.001)
criterion = nn.CrossEntropyLoss()
for i, (frames, length, word) in enumerate(stream(32, 500), 1):
    listener.zero_grad()
    loss = criterion(listener(frames, length), word)
    loss.backward()
    optimizer.step()
    if i % 100 == 0:
        print(f"{i} batches, loss {loss.item():.4f}")
listener.eval()
with torch.no_grad():
    frames, length, word = spoken(1000)
    accuracy = (listener(frames, length).argmax(-1) == word).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
