"""Laws of every augmentation: same shapes, a function of (seed, step) alone, off by default, never on validation or test,
what lies on the inputs' cells stays on them; then each one's own promises and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.augment import Batch, Scene, must_stay_true, varied, ways
from wellfit.nouns.errors import RecipeError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.load import load

WORDS = shelf.names("augmentations")
STRENGTH = {"flip": "both", "crop": 2, "rotate": 30.0, "colour": 0.4, "noise": 0.3, "cutout": 4, "mask_time": 5}
STRENGTH |= {"mixup": 0.4, "roll": True, "turn": "all"}
MASKS = ("flip", "crop", "rotate", "roll", "turn")


def scene(word: str, **more: Any) -> Scene:
    """What suits the augmentation: series, a field around the globe, pictures else; 24 examples of two classes."""
    shape = (2, 12) if word == "mask_time" else (3, 8, 10)
    x = torch.randn(24, *shape, generator=torch.Generator().manual_seed(0))
    zero = torch.zeros(shape[0], *[1] * (len(shape) - 1))
    kind = "array" if word in ("roll", "mask_time") else "pictures"
    made = Scene(kind, shape, "classes", False, (), (), x, torch.arange(24) % 2, zero, None)
    if word == "roll":
        made = on_cells(made)
    return replace(made, **more)


def on_cells(given: Scene) -> Scene:
    """The same with a field to be answered that is the input's first channel."""
    names = ("t",)
    return replace(given, form="values", cells=True, y=given.x[:, :1].clone(), target_names=names,
                   target_zero=torch.zeros(1, 1, 1))  # fmt: skip


def vary(word: str, given: Scene, step: int = 0, x: Tensor | None = None, y: Tensor | None = None) -> Batch:
    draw = torch.Generator().manual_seed(step)
    batch = Batch(given.x if x is None else x, given.y if y is None else y)
    return shelf.get("augmentations", word)(batch, STRENGTH[word], given, draw)


@pytest.mark.parametrize("word", WORDS)
def test_shapes_stay_and_examples_change_and_what_is_given_stays_as_it_was(word: str):
    given = scene(word)
    x, y = given.x.clone(), given.y.clone()
    found = vary(word, given)
    assert found.x.shape == x.shape
    assert found.x.dtype == x.dtype
    assert found.y.shape == y.shape
    assert not torch.equal(found.x, x)
    assert torch.isfinite(found.x).all()
    assert torch.equal(given.x, x)
    assert torch.equal(given.y, y)


@pytest.mark.parametrize("word", WORDS)
def test_it_is_a_function_of_the_draw_alone_and_draws_anew_each_step(word: str):
    given = scene(word)
    torch.manual_seed(1)
    first, state = vary(word, given, 3), torch.get_rng_state()
    torch.manual_seed(2)
    again, other = vary(word, given, 3), vary(word, given, 4)
    assert torch.equal(first.x, again.x)
    assert not torch.equal(first.x, other.x)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)  # torch's own random state is left alone


@pytest.mark.parametrize("word", MASKS)
def test_masks_and_fields_go_where_their_inputs_go(word: str):
    if word == "rotate":  # between pixels by their mean, cells by the nearest: equal where the picture is flat
        given = on_cells(scene(word))
        flat = torch.ones_like(given.x) * torch.arange(24.0).view(-1, 1, 1, 1)
        found = vary(word, given, x=flat, y=flat[:, :1])
        torch.testing.assert_close(found.x[:, :1], found.y)
        codes = torch.randint(3, (24, 8, 10))
        turned = vary(word, replace(given, form="classes", y=codes), y=codes).y
        assert turned.dtype == codes.dtype
        assert set(turned.unique().tolist()) <= {0, 1, 2}
        return
    found = vary(word, on_cells(scene(word)))
    assert torch.equal(found.x[:, :1], found.y)


@pytest.mark.parametrize(("size", "ways"), [((6, 6), 8), ((6, 4), 4)])
def test_a_square_is_laid_down_in_eight_ways_and_a_rectangle_in_four(size: tuple[int, int], ways: int):
    x = torch.arange(size[0] * size[1]).view(1, 1, *size).float().repeat(200, 1, 1, 1)
    found = vary("turn", replace(on_cells(scene("turn")), form="classes"), x=x, y=x[:, 0].long())
    torch.testing.assert_close(found.x[:, 0].long(), found.y)
    assert len(torch.unique(found.y.flatten(1), dim=0)) == ways


@pytest.mark.parametrize("word", WORDS)
def test_it_refuses_a_strength_that_cannot_be_with_a_reason(word: str):
    refused = shelf.module("augmentations", word).refused
    assert refused(STRENGTH[word], scene(word)) == ""
    assert refused("sidewise", scene(word))
    assert refused(-1, scene(word))


def test_winds_are_turned_over_with_their_sign_in_their_own_units():
    given = replace(scene("flip"), names=("u10", "v10", "t2m"), zero=torch.tensor([0.5, -0.2, 1.0]).view(3, 1, 1))
    given = replace(given, cells=True, form="values", y=given.x[:, :2].clone(), target_names=("u10", "v10"),
                    target_zero=given.zero[:2])  # fmt: skip
    for strength, axis, odd in (("sideways", -1, 0), ("upright", -2, 1)):
        draw = torch.Generator().manual_seed(0)
        flip = shelf.get("augmentations", "flip")
        found = flip(Batch(given.x, given.y), strength, given, draw)
        expected = given.x.flip(axis)
        expected[:, odd] = 2 * given.zero[odd] - expected[:, odd]
        turned = (found.x != given.x).flatten(1).any(1)
        assert 0 < turned.sum() < len(turned)
        assert torch.equal(found.x[turned], expected[turned])
        assert torch.equal(found.x[:, :2], found.y)
    assert "component" in shelf.module("augmentations", "rotate").refused(10.0, given)


@pytest.mark.parametrize("word", ["flip", "rotate"])
def test_a_direction_that_is_asked_for_turns_with_the_picture_and_is_refused(word: str):
    given = replace(scene(word), form="values", y=torch.zeros(24, 1), target_names=("wind_direction",))
    assert "turns with the picture" in shelf.module("augmentations", word).refused(STRENGTH[word], given)


def digits() -> Any:
    x, y = load_digits(return_X_y=True)
    return load((x.reshape(-1, 1, 8, 8), y))


def test_digits_are_not_turned_over_and_not_stood_on_their_head():
    data = digits()
    for choices in ({"flip": "sideways"}, {"rotate": 180}, {"turn": "all"}):
        with pytest.raises(RecipeError, match="classes have a side") as caught:
            must_stay_true(choices, data)
        assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["asked", "found", "do"]
    must_stay_true({"rotate": 10, "crop": 1, "noise": 0.1, "mixup": 0.2, "cutout": 2, "flip": "none"}, data)


@pytest.mark.parametrize("word", ["cutout", "mixup", "mask_time", "colour"])
def test_cells_that_would_be_asked_for_without_an_answer_are_refused(word: str):
    assert shelf.module("augmentations", word).refused(STRENGTH[word], on_cells(scene(word)))


def test_pictures_with_edges_and_channels_that_are_quantities_are_refused():
    assert "edges" in shelf.module("augmentations", "roll").refused(True, on_cells(scene("flip")))
    assert "quantities" in shelf.module("augmentations", "colour").refused(0.3, scene("colour", kind="array"))


def test_mixup_mixes_answers_as_it_mixes_pictures():
    from types import SimpleNamespace

    from wellfit.nouns.augment import Batch
    from wellfit.nouns.forward import forward_of

    given = scene("mixup")
    found = vary("mixup", given)
    assert 0 < found.share <= 0.5
    torch.testing.assert_close(found.x, torch.lerp(given.x, given.x[found.order], found.share))
    weight = torch.randn(3 * 8 * 10, 2, generator=torch.Generator().manual_seed(0))
    network = lambda x: x.flatten(1) @ weight
    loss = lambda o, y: torch.nn.functional.cross_entropy(o, y)
    case: Any = SimpleNamespace(network=network, loss=loss, recipe=Recipe())
    outputs, value = forward_of(case)(found)
    soft = torch.eye(2)[given.y] * (1 - found.share) + torch.eye(2)[given.y[found.order]] * found.share
    torch.testing.assert_close(value, torch.nn.functional.cross_entropy(outputs, soft))
    _, alone = forward_of(case)(Batch(given.x, given.y))
    torch.testing.assert_close(alone, loss(network(given.x), given.y))


def test_a_recipe_names_them_by_their_words_and_refuses_others():
    recipe = Recipe.of({"augment.noise": 0.1, "augment.crop": 2, "augment.flip": "none"})
    assert ways(recipe.augment.model_extra or {}) == [("crop", 2), ("noise", 0.1)]
    assert recipe.flat()["augment.noise"] == 0.1
    import tomllib

    assert Recipe.of(tomllib.loads(recipe.toml())) == recipe
    assert varied({}, digits(), 0) is None
    with pytest.raises(RecipeError, match="'noise' is"):
        Recipe.of({"augment.noize": 0.1})


def test_training_sees_varied_pictures_and_validation_and_test_do_not(tmp_path, monkeypatch):
    import wellfit as wf
    from wellfit.verbs import train

    seen: list[str] = []
    evaluate = train.evaluate
    real = shelf.get("augmentations", "noise")
    monkeypatch.setattr(shelf.module("augmentations", "noise"), "noise", lambda *a: seen.append("vary") or real(*a))
    monkeypatch.setattr(train, "evaluate", lambda *a: (seen.append("valid"), evaluate(*a))[1])
    x, y = load_digits(return_X_y=True)
    source = x.reshape(-1, 1, 8, 8)[:200], y[:200]
    choices = {"training.epochs": 2, "training.lr": 1e-3, "training.batch_size": 64, "network.widths": (4,)}
    run = wf.fit(source, out=tmp_path / "run", **choices, **{"augment.noise": 0.2})
    steps = int(np.ceil(len(source[0]) * 0.65 / 64))
    trained = seen[: len(seen) - seen[::-1].index("valid")]
    assert trained == (["vary"] * steps + ["valid"]) * 2
    page = (run.path / "report.html").read_text()
    assert "As training sees them" in page
    assert "noise 0.2" in page
