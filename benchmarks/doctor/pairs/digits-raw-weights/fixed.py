"""A network from scratch: tensors, autograd and a hand-written update."""
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

g = torch.Generator().manual_seed(2024)
images, labels = load_digits(return_X_y=True)
images = (images - 8.0) / 8.0
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, random_state=5, stratify=labels)
x_train, x_test = torch.tensor(x_train).float(), torch.tensor(x_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

sizes = [64, 96, 96, 96, 10]
params = []
for n_in, n_out in zip(sizes[:-1], sizes[1:]):
    weight = torch.randn(n_in, n_out, generator=g) / n_in ** 0.5
    bias = torch.zeros(n_out)
    params.append((weight.requires_grad_(), bias.requires_grad_()))


def network(x):
    for weight, bias in params[:-1]:
        x = torch.tanh(x @ weight + bias)
    weight, bias = params[-1]
    return x @ weight + bias


learning_rate = 0.05
batch_size = 32

for epoch in range(1, 31):
    order = torch.randperm(len(x_train), generator=g)
    epoch_loss = 0.0
    for start in range(0, len(order), batch_size):
        idx = order[start:start + batch_size]
        loss = F.cross_entropy(network(x_train[idx]), y_train[idx])
        loss.backward()
        with torch.no_grad():
            for pair in params:
                for p in pair:
                    p -= learning_rate * p.grad
                    p.grad = None
        epoch_loss += loss.item() * len(idx)
    with torch.no_grad():
        logits = network(x_test)
        test_loss = F.cross_entropy(logits, y_test).item()
        accuracy = (logits.argmax(dim=1) == y_test).float().mean().item()
    if epoch % 3 == 0:
        print(f"epoch {epoch:3d} loss {epoch_loss / len(order):.4f} test loss {test_loss:.4f} test acc {accuracy:.4f}")

print(f"metric: accuracy {accuracy:.4f}")
