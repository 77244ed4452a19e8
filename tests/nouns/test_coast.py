"""Coastlines lie where coasts are, on maps of any longitudes."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from wellfit.nouns.coast import coast
from wellfit.nouns.drawing import STYLE
from wellfit.nouns.maps import draw_maps, places

GLOBE = {"y_name": "lat", "x_name": "lon", "y_unit": "degrees_north", "x_unit": "degrees_east", "on_globe": True}


def nearest_deg(lon: float, lat: float, lines: np.ndarray) -> float:
    return float(np.nanmin(np.hypot(*(lines - (lon, lat)).T)))


@pytest.mark.parametrize(("lon", "lat"), [(-5.7, 50.1), (18.5, -34.3), (-80.4, 25.2), (142.5, -10.7)])
def test_a_cape_is_on_the_coast_and_an_ocean_is_not(lon: float, lat: float) -> None:
    lines = coast((-180, 180), (-90, 90))
    assert nearest_deg(lon, lat, lines) < 1  # Land's End, Good Hope, Florida, Cape York
    assert nearest_deg(-140, 30, lines) > 10


def test_longitudes_that_count_to_360_have_the_same_coasts() -> None:
    assert nearest_deg(360 - 80.4, 25.2, coast((0, 360), (-90, 90))) < 1


def test_lines_do_not_cross_a_map_from_end_to_end() -> None:
    for x in ((-180, 180), (0, 360), (20, 380)):
        steps = np.abs(np.diff(coast(x, (-90, 90))[:, 0]))
        assert np.nanmax(steps) < 12


def test_no_coast_where_there_is_none() -> None:
    assert not np.isfinite(coast((-150, -140), (-40, -30))).any()


def test_maps_of_the_globe_alone_have_coastlines() -> None:
    y, x = np.linspace(75, 15, 25), np.linspace(200, 330, 53)
    for grid, lines in ((GLOBE, 1), ({"y_name": "y", "x_name": "x"}, 0)):
        with matplotlib.rc_context(STYLE):
            drawn = draw_maps([("truth", np.ones((25, 53)), 0.0, 1.0)], places(y, x, grid), "K")
        assert len(drawn.axes[0].lines) == lines
        assert drawn.axes[0].get_ylim() == (13.75, 76.25)
