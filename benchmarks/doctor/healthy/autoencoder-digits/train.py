"""Plain autoencoder: 64 pixels through 12 numbers and back."""

import numpy as np
import torch
from sklearn.datasets import load_digits

rng = np.random.RandomState(7)
torch.manual_seed(7)

X = load_digits().data.astype("float32") / 16
order = rng.permutation(len(X))
X_train, X_test = torch.from_numpy(X[order[:1400]]), torch.from_numpy(X[order[1400:]])

encoder = torch.nn.Sequential(torch.nn.Linear(64, 48), torch.nn.ELU(), torch.nn.Linear(48, 12))
decoder = torch.nn.Sequential(torch.nn.Linear(12, 48), torch.nn.ELU(), torch.nn.Linear(48, 64))
params = list(encoder.parameters()) + list(decoder.parameters())
opt = torch.optim.AdamW(params, lr=3e-3, weight_decay=1e-4)
mse = torch.nn.MSELoss()

for epoch in range(60):
    for i in torch.randperm(len(X_train)).split(50):
        batch = X_train[i]
        loss = mse(decoder(encoder(batch)), batch)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 15 == 0:
        with torch.no_grad():
            print(epoch, "test mse", float(mse(decoder(encoder(X_test)), X_test)))

with torch.no_grad():
    final = mse(decoder(encoder(X_test)), X_test).item()
print("metric: test_mse", round(final, 6))
