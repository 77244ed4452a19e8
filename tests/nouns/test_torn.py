"""Laws of torn pairs: chance that moves one of a picture and its mask is found, one draw for both is left alone."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns import control
from wellfit.nouns.source import Source
from wellfit.nouns.torn import torn

GIVEN = """
class Scenes(Dataset):
    def __getitem__(self, i):
        image, mask = self.images[i], self.masks[i]
{body}
        return image, mask
"""
ALONE = {
    "its own coin": """
        if torch.rand(()) < 0.5:
            image, mask = image.flip(-1), mask.flip(-1)
        if torch.rand(()) < 0.5:
            image = image.flip(-2) #!""",
    "draws by name": """
        up, across = torch.rand(2) < 0.5
        if across:
            image = torch.flip(image, [-1])
            mask = torch.flip(mask, [-1])
        if up:
            mask = torch.flip(mask, [-2]) #!""",
    "other axes": """
        if random.random() < 0.5:
            image = image.flip(-1) #!
            mask = mask.flip(-2)""",
    "an amount": """
        image = np.roll(image, rng.integers(-5, 6), 1) #!""",
    "an array": """
        if self.augment and np.random.rand() < 0.5:
            image = image[:, :, ::-1].copy() #!""",
    "one expression": """
        image = image.flip(-1) if torch.rand(()) < 0.5 else image #!
        image, mask = crop(image, mask)""",
}
TOGETHER = {
    "one branch": """
        if torch.rand(()) < 0.5:
            image, mask = image.flip(-1), mask.flip(-1)""",
    "one draw, two branches": """
        across = torch.rand(()) < 0.5
        if across:
            image = image.flip(-1)
        if across:
            mask = mask.flip(-1)""",
    "one draw, two expressions": """
        coin = torch.rand(()) < 0.5
        image = torch.where(coin, image.flip(-1), image)
        mask = torch.where(coin, mask.flip(-1), mask)""",
    "one array": """
        both = torch.cat([image, mask])
        if torch.rand(()) < 0.5:
            both = both.flip(-1)
        image, mask = both[:3], both[3:]""",
    "one number of turns": """
        k = int(torch.randint(0, 4, ()))
        image, mask = torch.rot90(image, k, (-2, -1)), torch.rot90(mask, k, (-2, -1))""",
    "colours, not places": """
        if torch.rand(()) < 0.5:
            image = image + 0.1 * torch.randn_like(image)""",
    "colours in another order": """
        if torch.rand(()) < 0.5:
            image = image.flip(-3)""",
    "the same seed": """
        seed = torch.randint(0, 9999, ())
        torch.manual_seed(seed)
        image = self.turn(image.flip(-1) if torch.rand(()) < 0.5 else image)
        torch.manual_seed(seed)
        mask = self.turn(mask.flip(-1) if torch.rand(()) < 0.5 else mask)""",
    "a mask made of the picture": """
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        mask = bright(image)""",
    "no chance": """
        image = image.flip(-1)""",
}


@pytest.mark.parametrize("way", ALONE)
def test_one_that_is_moved_alone_is_found_at_its_line(way):
    source = Source("train.py", GIVEN.format(body=ALONE[way]))
    found = torn(source)
    assert found is not None
    assert "#!" in source.line(found.move.lineno)


@pytest.mark.parametrize("way", TOGETHER)
def test_pairs_that_stay_together_are_left_alone(way):
    assert torn(Source("train.py", GIVEN.format(body=TOGETHER[way]))) is None


@pytest.mark.parametrize("shape", [(40, 2, 12, 12), (60, 1, 40)])
def test_what_lies_around_a_place_tells_it_unless_one_is_moved(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    y = (x[:, :1].roll(1, -1) > 0.3).float()
    half = shape[0] // 2
    plain = control.placed(x[:half], y[:half], x[half:], y[half:])
    moved = control.placed(x[:half], y[:half], x[half:].flip(-1), y[half:])
    assert plain is not None
    assert moved is not None
    assert plain > 0.4 > 0.1 > moved


def test_places_are_not_asked_of_rows_of_numbers():
    assert control.placed(torch.randn(30, 5), torch.randn(30, 5), torch.randn(30, 5), torch.randn(30, 5)) is None
