"""The explainers beside Captum's, on small networks: the same to 1e-5."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.aim import Aim
from wellfit.nouns.errors import NetworkError

attr = pytest.importorskip("captum.attr")
CLASSES = torch.tensor([0, 2, 1])
AIM = Aim(CLASSES)


def own(word: str, *given, **options):
    return shelf.get("explainers", word)(*given, AIM, **options)


def pictures():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(96, 3),
    )  # fmt: skip
    return network.eval(), torch.randn(3, 1, 8, 8)


def table():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).eval(), torch.randn(3, 4)


def close(mine, theirs):
    torch.testing.assert_close(mine, theirs.detach(), rtol=1e-5, atol=1e-5)


def captum(method, network, x, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return method(network).attribute(x.clone().requires_grad_(), target=CLASSES, **options)


def test_gradients():
    network, x = pictures()
    close(own("gradient", network, x), captum(attr.Saliency, network, x, abs=False))
    close(own("input_x_gradient", network, x), captum(attr.InputXGradient, network, x))


def test_integrated_gradients():
    network, x = pictures()
    base = torch.full((1, 1, 8, 8), 0.3)
    theirs = captum(attr.IntegratedGradients, network, x, baselines=base.expand_as(x), n_steps=32)
    close(own("integrated_gradients", network, x, baseline=base, steps=32), theirs)


def test_grad_cam():
    network, x = pictures()
    found = attr.LayerGradCam(network, network[4]).attribute(x, target=CLASSES, relu_attributions=True)
    close(own("grad_cam", network, x), attr.LayerAttribution.interpolate(found, (8, 8), "bilinear"))


def test_grad_cam_of_a_series():
    torch.manual_seed(0)
    layers = [nn.Conv1d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv1d(4, 5, 3, padding=1), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(60, 3)).eval()
    x = torch.randn(3, 2, 12)
    found = attr.LayerGradCam(network, network[3]).attribute(x, target=CLASSES, relu_attributions=True)
    close(own("grad_cam", network, x), found)


def test_occlusion():
    network, x = pictures()
    theirs = captum(attr.Occlusion, network, x, sliding_window_shapes=(1, 2, 2), strides=(1, 2, 2))
    close(own("occlusion", network, x, window=(1, 2, 2), stride=(1, 2, 2)), theirs)


def test_shapley_values_are_exact_where_all_orders_are_tried():
    network, x = table()
    base = torch.tensor([[0.5, -0.5, 0.0, 1.0]])
    close(own("shapley", network, x, baseline=base), captum(attr.ShapleyValues, network, x, baselines=base))


def test_sampled_shapley_values_come_near_the_exact_ones():
    torch.manual_seed(1)
    network, x = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).eval(), torch.randn(3, 6)
    exact = own("shapley", network, x, draws=720)
    assert float((own("shapley", network, x, draws=200) - exact).abs().max()) < 0.1 * float(exact.abs().max())


def test_codes_of_a_column_are_one_player():
    network, x = table()
    parts = own("shapley", network, x, groups=torch.tensor([0, 0, 1, 2]))
    masks = torch.tensor([[0, 0, 1, 2]])
    theirs = captum(attr.ShapleyValues, network, x, feature_mask=masks)
    torch.testing.assert_close(parts[:, 0] + parts[:, 1], theirs[:, 0].detach(), rtol=1e-5, atol=1e-5)


def test_grad_cam_without_maps_says_what_else_there_is():
    network, x = table()
    with pytest.raises(NetworkError, match="no layer gives maps"):
        own("grad_cam", network, x)
    network, x = pictures()
    with pytest.raises(NetworkError, match=r"--layer 4"):
        own("grad_cam", network, x, layer="6")
    with pytest.raises(NetworkError, match=r"no such layer"):
        own("grad_cam", network, x, layer="conv9")
