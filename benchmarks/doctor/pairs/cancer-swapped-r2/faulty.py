"""Diabetes progression, scored with scikit-learn."""
import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor:
    """Fit and predict around a small network."""

    def __init__(self, n_in, lr=5e-3, epochs=50):
        self.net = nn.Sequential(nn.Linear(n_in, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))
        self.optim = torch.optim.AdamW(self.net.parameters(), lr=lr, weight_decay=0.1)
        self.epochs = epochs

    def fit(self, x, y):
        loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
        for epoch in range(self.epochs):
            self.net.train()
            for xb, yb in loader:
                self.optim.zero_grad()
                loss = nn.functional.mse_loss(self.net(xb), yb)
                loss.backward()
                self.optim.step()
            if epoch % 10 == 9:
                print(f"{epoch + 1}: {loss.item():.3f}")
        return self

    def predict(self, x):
        self.net.eval()
        with torch.no_grad():
            return self.net(x)


torch.manual_seed(1)
x, y = load_diabetes(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=1)
scale_x, scale_y = StandardScaler().fit(x_train), StandardScaler().fit(y_train.reshape(-1, 1))
tensor = lambda a: torch.tensor(a, dtype=torch.float32)
model = Regressor(10).fit(tensor(scale_x.transform(x_train)), tensor(scale_y.transform(y_train.reshape(-1, 1))))
predicted = scale_y.inverse_transform(model.predict(tensor(scale_x.transform(x_test))).numpy()).ravel()
print(f"metric: r2 {r2_score(predicted, y_test):.4f}")
