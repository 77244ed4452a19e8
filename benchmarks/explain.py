"""`wellfit explain` and the page beside Captum, Lucent and TensorBoard, on the same work in one run.

    python benchmarks/explain.py [--readings 100000] [--steps 24]

Attribution: a small convolutional network with drawn weights and 16 inputs, the same targets and baselines: seconds of
processor time, and the largest difference beside the largest value. Features: two channels, each painted from
Fourier coefficients at 224 x 224 with the transformations that each takes by default: seconds, and the answer that the
picture gets as it is. Curves: readings of a run written for both, served by each in a process of its own: seconds until
all curves have been given out, memory, points sent. A rival that is not installed is left out (Lucent is of 2021: pip
install --no-deps torch-lucent, with "kornia<=0.4.1", torchvision, decorator and ipython beside it).
Kept in benchmarks/results/explain.json and explain.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from page import cpu_s, made, memory_mb
from wellfit.nouns import shelf
from wellfit.nouns.aim import Aim
from wellfit.nouns.look import Look
from wellfit.verbs.explain.painting import Canvas, channel, painted

RESULTS = Path(__file__).parent / "results"
PATIENCE_S = 120.0
CHANNELS = 2


def small() -> nn.Sequential:
    """A convolutional network for 3 x 24 x 24 inputs with weights drawn from one seed."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(512, 10),
    ).eval()  # fmt: skip


def wide() -> nn.Sequential:
    """The first layers of VGG-11, with weights drawn from one seed."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for given, wanted in ((3, 64), (64, 128)):
        layers += [nn.Conv2d(given, wanted, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Conv2d(128, 256, 3, padding=1)).eval()


def timed(act: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """(least seconds of processor time of so many calls, what it gave)."""
    best, found = float("inf"), None
    for _ in range(times):
        begun = time.process_time()
        found = act()
        best = min(best, time.process_time() - begun)
    return best, found


def attributions() -> dict[str, Any]:
    """Each method beside Captum's."""
    try:
        from captum import attr
    except ImportError:
        return {}
    network, x = small(), torch.randn(16, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    target, base = torch.arange(16) % 10, torch.full((1, 3, 24, 24), 0.2)
    aim, seen = Aim(target), x.clone().requires_grad_()

    def own(word: str, **options: Any) -> Callable[[], Tensor]:
        return lambda: shelf.get("explainers", word)(network, x, aim, **options)

    def theirs(method: Any, **options: Any) -> Callable[[], Tensor]:
        return lambda: method.attribute(seen, target=target, **options).detach()

    cam = attr.LayerGradCam(network, network[4])
    pairs = {
        "gradient": (own("gradient"), theirs(attr.Saliency(network), abs=False)),
        "integrated gradients, 64 points": (
            own("integrated_gradients", baseline=base),
            theirs(attr.IntegratedGradients(network), baselines=base.expand_as(x), n_steps=64),
        ),
        "Grad-CAM": (
            own("grad_cam", layer="4"),
            lambda: attr.LayerAttribution.interpolate(
                cam.attribute(x, target=target, relu_attributions=True).detach(), (24, 24), "bilinear"
            ),
        ),
        "occlusion, windows of 6 x 6": (
            own("occlusion", window=(3, 6, 6), stride=(3, 6, 6)),
            theirs(attr.Occlusion(network), sliding_window_shapes=(3, 6, 6), strides=(3, 6, 6)),
        ),
    }
    rows = {}
    for name, (mine, other) in pairs.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (own_s, a), (their_s, b) = timed(mine), timed(other)
        apart = float((a - b).abs().max() / b.abs().max())
        rows[name] = {"own_s": round(own_s, 4), "captum_s": round(their_s, 4), "apart_frac": float(f"{apart:.1e}")}
    return rows


def features(steps: int) -> dict[str, Any]:
    """One channel each painted at 224 x 224, and what the pictures get as they are, beside Lucent's."""
    network, units, shape = wide(), torch.arange(CHANNELS), (3, 224, 224)
    look = Look("vgg", network, shape)
    begun = time.process_time()
    _, score = painted(network, Canvas.of(look), "6", channel(units), len(units), steps=steps)
    found = {"own": {"seconds": round(time.process_time() - begun, 1), "answer": round(float(score.mean()), 3)}}
    try:
        from lucent.optvis import objectives, param, render
    except ImportError:
        return found

    def each(model: Callable[[str], Tensor]) -> Tensor:
        layer = model("6")
        return -sum(layer[int(u), int(u)].mean() for u in units)  # type: ignore[return-value]

    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made_ = render.render_vis(
            network, objectives.Objective(each), lambda: param.image(224, batch=len(units)), thresholds=(steps,),
            preprocess=False, progress=False, show_image=False,
        )  # fmt: skip
    spent = time.process_time() - begun
    pixels = torch.from_numpy(made_[-1]).movedim(-1, 1) * 4 - 2  # 0 to 1, brought to our range of -2 to 2
    with torch.no_grad():
        answer = float(channel(units)(network(pixels)).mean())
    return found | {"lucent": {"seconds": round(spent, 1), "answer": round(answer, 3)}}


def address_of(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"


def curves(n: int) -> dict[str, Any]:
    """The curves of one run of n readings from start to the last byte."""
    import httpx

    with tempfile.TemporaryDirectory() as tmp:
        root = Path(tmp) / "runs"
        root.mkdir()
        made(root, 1, n)
        found = {"own": _own_page(httpx, root)}
        board = _tensorboard(httpx, root, Path(tmp) / "events")
        return found | ({"tensorboard": board} if board else {})


def _own_page(httpx: Any, root: Path) -> dict[str, Any]:
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "wellfit", "page", str(root), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        said = re.search(r"(http://[^/]+)/\?token=(\S+)", server.stdout.readline())  # type: ignore[union-attr]
        assert said is not None
        client = httpx.Client(base_url=said[1], timeout=PATIENCE_S, headers={"authorization": f"Bearer {said[2]}"})
        tracks = client.get("/curves/run-000").json()["tracks"]
        return _told(begun, server.pid, sum(len(t["steps"]) for t in tracks))
    finally:
        server.terminate()
        server.wait()


def _told(begun: float, pid: int, points: int) -> dict[str, Any]:
    """Figures of a server, with those of the processes that it has started."""
    pids = [pid, *(int(c) for f in Path(f"/proc/{pid}/task").glob("*/children") for c in f.read_text().split())]
    return {
        "seconds": round(time.perf_counter() - begun, 2), "cpu_s": round(sum(map(cpu_s, pids)), 2),
        "memory_MB": round(sum(memory_mb(p)["VmHWM"] for p in pids)), "points": points,
    }  # fmt: skip


def _tensorboard(httpx: Any, root: Path, events: Path) -> dict[str, Any]:
    """The same readings as event files, served by TensorBoard with its defaults."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return {}
    with SummaryWriter(str(events / "run-000")) as writer:
        for line in (root / "run-000" / "readings.jsonl").read_text().splitlines():
            r = json.loads(line)
            writer.add_scalar(f"{r['name']}/{r['where'] or 'all'}", r["value"], r["step"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun = time.perf_counter()
    words = [sys.executable, "-m", "tensorboard.main", "--logdir", str(events), "--port", str(port)]
    words += ["--load_fast=false"]  # its other loader, a program of its own, gave nothing out here within two minutes
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        points = 0
        while time.perf_counter() - begun < PATIENCE_S and not points:
            try:
                tags = list(
                    httpx.get(address_of(port, "/data/plugin/scalars/tags"), timeout=5).json().get("run-000", {})
                )
                if len(tags) >= 42:
                    points = sum(
                        len(httpx.get(address_of(port, "/data/plugin/scalars/scalars"),
                                      params={"run": "run-000", "tag": tag}, timeout=PATIENCE_S).json())
                        for tag in tags
                    )  # fmt: skip
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.05)
        return _told(begun, server.pid, points)
    finally:
        server.terminate()
        server.wait()


def installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def table(kept: dict[str, Any]) -> str:
    """The figures as a page."""
    lines = [
        f"# Explanations and curves beside others\n\n{kept['date']}, {kept['machine']}, Python {kept['python']}, one thread; "
        + ", ".join(f"{k} {v}" for k, v in kept["versions"].items() if v)
        + ". Made by `python benchmarks/explain.py`.\n",
        "| attribution of 16 inputs of 3 x 24 x 24 | wellfit, s | Captum, s | largest difference |\n| --- | --- | --- | --- |",
        *(f"| {k} | {v['own_s']} | {v['captum_s']} | {v['apart_frac']:.0e} |" for k, v in kept["attribution"].items()),
        f"\n| {CHANNELS} channels painted at 224 x 224, {kept['steps']} steps | s | answer |\n| --- | --- | --- |",
        *(f"| {k} | {v['seconds']} | {v['answer']} |" for k, v in kept["features"].items()),
        f"\n| {kept['readings']:,} readings in 42 curves, from start | s | processor, s | memory, MB | points given out |"
        "\n| --- | --- | --- | --- | --- |",
        *(
            f"| {k} | {v['seconds']} | {v['cpu_s']} | {v['memory_MB']} | {v['points']:,} |"
            for k, v in kept["curves"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--readings", type=int, default=100_000)
    ask.add_argument("--steps", type=int, default=24)
    said = ask.parse_args()
    torch.set_num_threads(1)
    kept = {
        "date": str(date.today()),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before",
        "python": platform.python_version(),
        "versions": {n: installed(n) for n in ("torch", "captum", "torch-lucent", "tensorboard")},
        "attribution": attributions(),
        "steps": said.steps,
        "features": features(said.steps),
        "readings": said.readings,
        "curves": curves(said.readings),
    }
    print(table(kept))
    (RESULTS / "explain.json").write_text(json.dumps(kept, indent=1) + "\n")
    (RESULTS / "explain.md").write_text(table(kept))


if __name__ == "__main__":
    main()
