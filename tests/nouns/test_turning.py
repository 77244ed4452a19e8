"""Pictures and their masks turn together, in ways that keep their form."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns.turning import turned


@pytest.mark.parametrize(("size", "how", "ways"), [((6, 6), "all", 8), ((6, 4), "all", 4), ((6, 4), "sideways", 2)])
def test_every_way_comes_and_masks_go_with_pictures(size, how, ways):
    torch.manual_seed(0)
    x = torch.arange(size[0] * size[1]).reshape(1, 1, *size).float().repeat(200, 1, 1, 1)
    xt, yt = turned(x, x[:, 0].long(), how)
    assert xt.shape == x.shape
    torch.testing.assert_close(xt[:, 0].long(), yt)
    assert len(torch.unique(yt.flatten(1), dim=0)) == ways


def test_none_leaves_everything_as_it_is():
    x = torch.rand(3, 1, 4, 4)
    before = torch.get_rng_state()
    assert turned(x, x, "none")[0] is x
    assert torch.equal(torch.get_rng_state(), before)
