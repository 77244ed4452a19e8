"""Laws of how the doctor follows programs whose loop is a library's: it is silent where they are healthy, and names the
user's line, not the library's; those of libraries that are not there are skipped."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import HEALTHY, run

STEP = """        optimizer.zero_grad()
        loss = loss_fn(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
"""
CLOSURE = """        def closure():
            global loss
            optimizer.zero_grad()
            loss = loss_fn(net(x[rows]), y[rows])
            loss.backward()
            return loss
        optimizer.step(closure)
"""
BY_HAND = """        net.zero_grad()
        loss = loss_fn(net(x[rows]), y[rows])
        loss.backward()
        with torch.no_grad():
            for w in net.parameters():
                w -= 0.3 * w.grad
"""
FRAMES = {
    "lightning": """
import lightning as L
class Loop(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Net()
    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)
off = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
trainer = L.Trainer(max_epochs=8, accelerator="cpu", **dict.fromkeys(off, False))
loop = Loop()
trainer.fit(loop, torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=24, shuffle=True))
net = loop.net
""",
    "transformers": """
from transformers import Trainer, TrainingArguments
class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()
    def forward(self, x, labels):
        out = self.net(x)
        return {"loss": nn.functional.cross_entropy(out, labels), "logits": out}
settings = TrainingArguments(
    output_dir="out", num_train_epochs=8, per_device_train_batch_size=24, report_to=[], save_strategy="no", use_cpu=True,
    disable_tqdm=True, logging_strategy="no", label_names=["labels"],
    learning_rate=0.01,
)
whole = Whole()
Trainer(model=whole, args=settings, train_dataset=[{"x": a, "labels": b} for a, b in zip(x, y)]).train()
net = whole.net
""",
    "skorch": """
from skorch import NeuralNetClassifier
made = NeuralNetClassifier(
    Net, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, max_epochs=8, batch_size=24,
    iterator_train__shuffle=True, train_split=None, verbose=0,
    lr=0.01,
)
made.fit(x.numpy(), y.numpy())
net = made.module_
""",
    "fastai": """
import random
from fastai.callback.progress import ProgressCallback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
random.seed(0)
rows = list(zip(x, y))
net = Net()
loaders = DataLoaders(DataLoader(rows, bs=24, shuffle=True), DataLoader(rows[:48], bs=24), device="cpu")
learner = Learner(loaders, net, loss_func=nn.CrossEntropyLoss())
learner.remove_cb(ProgressCallback)
with learner.no_logging():
    learner.fit(8, 0.01)
""",
    "keras": """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
keras.utils.set_random_seed(0)
net = keras.Sequential([
    keras.layers.Input((6,)),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(3),
])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
net.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss=loss,
)
net.fit(x.numpy(), y.numpy(), epochs=8, batch_size=24, verbose=0)
""",
}
"""Library -> the same network and data as in HEALTHY, trained in its loop."""
HEAD = HEALTHY[: HEALTHY.index("net = ")]
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
    def forward(self, x):
        return self.layers(x)
"""
TAIL = """print([repr(float(w.detach().double().sum())) for w in net.parameters()])
"""
HOT = {"fastai": ("learner.fit(8, 0.01)", "learner.fit(8, 5.0)"), "keras": ("Adam(0.01)", "Adam(5.0)")}
"""Library -> what makes its learning rate far too high; of the others `lr=0.01` or `learning_rate=0.01`."""


def test_a_closure_that_is_called_once_is_a_step_as_any_other(tmp_path):
    assert STEP in HEALTHY
    done, said = run(HEALTHY.replace(STEP, CLOSURE).replace("lr=0.01", "lr=5.0"), tmp_path, "--budget", "20")
    assert [f["fault"] for f in said["findings"] if f["severity"] == "error"] == ["lr-too-high"]
    assert "trained again on copies" in done.stderr
    assert "of their norm" in said["findings"][0]["evidence"]
    assert "nan" not in said["findings"][0]["evidence"]


def test_weights_moved_by_hand_are_no_missing_step(tmp_path):
    text = HEALTHY.replace(STEP, BY_HAND).replace("optimizer = torch.optim.Adam(net.parameters(), lr=0.01)\n", "")
    assert "optimizer" not in text
    done, said = run(text, tmp_path, "--no-trials")
    assert "weights moved by hand, as by SGD" in done.stderr
    assert said["status"] == "healthy"
    assert [f for f in said["findings"] if f["severity"] == "error"] == []


@pytest.mark.parametrize("library", FRAMES)
def test_loop_of_a_library_is_left_alone_and_its_fault_named_at_the_users_line(library, tmp_path):
    if not find_spec(library):
        pytest.skip(f"{library} is not installed")
    text = HEAD + NET + FRAMES[library] + TAIL
    bare, _ = run(text, tmp_path, doctor=False)
    watched, said = run(text, tmp_path, "--budget", "20")
    assert bare.stdout.endswith("]\n"), bare.stderr
    assert watched.stdout.splitlines()[-1] == bare.stdout.splitlines()[-1]  # transformers prints how long it took, too
    assert said["status"] == "healthy", watched.stderr
    assert said["steps"] == 160
    old, new = HOT.get(library, ("=0.01", "=5.0"))
    hot = text.replace(old, new)
    assert hot != text
    watched, said = run(hot, tmp_path, "--budget", "20")
    named = {f["fault"]: f["line"] for f in said["findings"] if f["severity"] == "error"}
    assert "lr-too-high" in named, watched.stderr
    assert LINE[library] in hot.splitlines()[named["lr-too-high"] - 1]


LINE = {
    "lightning": "lr=5.0",
    "transformers": "learning_rate=5.0",
    "skorch": "lr=5.0",
    "fastai": "5.0",
    "keras": "Adam(5.0)",
}
"""Library -> what stands in the line that is named: where the rate is given, or the call that makes the optimizer of it."""


def test_fit_itself_is_healthy_and_fits_as_it_does(tmp_path):
    words = ["-m", "wellfit", "fit", "digits", "--set", "training.epochs=2", "--out"]
    fronts = {"bare": [], "watched": ["-m", "wellfit.jobs.doctor", "--no-trials", "--json", "out.json"]}
    losses = {}
    for kind, front in fronts.items():
        command = [sys.executable, *front, *words, kind]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in (tmp_path / kind / "readings.jsonl").read_text().splitlines()]
        losses[kind] = [(r["name"], r["step"], r["value"]) for r in rows if r["name"] in ("train_loss", "valid_loss")]
    assert losses["watched"] == losses["bare"]
    assert len(losses["bare"]) == 4
    said = json.loads((tmp_path / "out.json").read_text())
    assert said["status"] == "healthy", done.stderr
    assert [f for f in said["findings"] if f["severity"] != "info"] == []
    assert said["steps"] > 0
