"""Responder or not? A small gene panel from an expression array."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

np.random.seed(8)
torch.manual_seed(8)

N_PATIENTS, N_GENES, PANEL = 240, 4000, 30

# expression: correlated pathways plus gene-specific variation; a few genes carry the response
response = np.random.randint(0, 2, N_PATIENTS)
pathways = np.random.normal(size=(N_PATIENTS, 12))
loading = np.random.normal(size=(12, N_GENES)) * 0.25
expression = pathways @ loading + np.random.normal(size=(N_PATIENTS, N_GENES))
markers = np.random.choice(N_GENES, 8, replace=False)
expression[:, markers] += 0.5 * (response[:, None] - 0.5) * 2 * np.random.choice([-1, 1], 8)

expression = SelectKBest(f_classif, k=PANEL).fit_transform(expression, response)
x_train, x_test, y_train, y_test = train_test_split(
    expression, response, test_size=0.4, stratify=response, random_state=1)
scaler = StandardScaler().fit(x_train)
x_train = torch.tensor(scaler.transform(x_train), dtype=torch.float32)
x_test = torch.tensor(scaler.transform(x_test), dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32)
y_test = torch.tensor(y_test, dtype=torch.float32)

classifier = nn.Sequential(nn.Linear(PANEL, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = torch.optim.AdamW(classifier.parameters(), lr=0.003, weight_decay=0.1)
loss_fn = nn.BCEWithLogitsLoss()

for epoch in range(1, 16):
    classifier.train()
    epoch_loss = 0.0
    for idx in torch.randperm(len(x_train)).split(16):
        optimizer.zero_grad()
        loss = loss_fn(classifier(x_train[idx]).squeeze(1), y_train[idx])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(idx)
    classifier.eval()
    with torch.no_grad():
        logits = classifier(x_test).squeeze(1)
        test_loss = loss_fn(logits, y_test).item()
        acc = ((logits > 0).float() == y_test).float().mean().item()
    if epoch % 3 == 0:
        print("epoch %2d  train loss %.4f  test loss %.4f  test acc %.3f" % (epoch, epoch_loss / len(x_train), test_loss, acc))

print("metric: accuracy %.4f" % acc)
