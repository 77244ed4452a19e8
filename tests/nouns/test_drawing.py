"""Drawing: thinning keeps what matters, labels can be read, the SVG is fit to live in a page."""

from __future__ import annotations

import re

import numpy as np
import pytest

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, envelope, finite, label_ends, lost, wide_range
from wellfit.nouns.drawing import BLUE, VARIABLES, name_axes, number, sheet, short, svg, tint
from wellfit.nouns.layer_curves import layers_chart
from wellfit.nouns.reading import Track


def test_thinning_keeps_the_extremes_and_the_mean():
    y = np.random.default_rng(0).normal(size=100_003)
    y[77_777] = 50.0
    x, low, mean, high = envelope(np.arange(len(y)), y, most=200)
    assert len(x) == len(low) == 200
    assert high.max() == 50.0
    assert low.min() == y.min()
    sizes = np.diff(np.append(np.linspace(0, len(y), 200, endpoint=False).astype(int), len(y)))
    assert (mean * sizes).sum() / len(y) == pytest.approx(y.mean())


def test_few_points_are_drawn_as_they_are():
    _, low, mean, high = envelope(np.arange(3), np.array([1.0, 5.0, 2.0]))
    assert low is mean is high
    assert list(mean) == [1, 5, 2]


def test_what_is_not_finite_is_left_out_and_told():
    track = Track("loss", np.arange(4), np.arange(4) / 2, np.array([1.0, np.nan, 2.0, np.inf]))
    assert list(finite(track)[2]) == [1, 2]
    assert lost(track) == 0.5


def test_an_axis_is_logarithmic_only_for_positive_values_of_a_wide_range():
    assert wide_range(np.array([0.001, 1.0]))
    assert not wide_range(np.array([0.5, 1.0]))
    assert not wide_range(np.array([0.0, 1.0]))
    assert not wide_range()


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.05, "0.05"), (-1500, "−1,500"), (1e-5, "10⁻⁵"), (2.5e8, "2.5·10⁸"), (np.nan, "")]
)
def test_numbers_at_ticks_can_be_read(value: float, text: str):
    assert number(value) == text


def test_a_long_name_loses_its_middle():
    assert short("features.stage4.block2.conv1", 16) == "features…2.conv1"
    assert short("a\nb") == "a b"


def test_zero_is_the_page_itself_and_the_sign_a_colour():
    rgba = tint(np.array([[0.0, 1.0, -0.5, np.nan]]))
    assert list(rgba[0, :, 3]) == [0, 1, 0.5, 0]
    assert not np.allclose(rgba[0, 1, :3], rgba[0, 2, :3])


def test_labels_at_the_ends_of_curves_do_not_overlap():
    _, (ax,) = sheet(right_in=1.0)
    for k in range(6):
        draw_curve(ax, np.arange(5), np.full(5, 1.0 + k / 1000), BLUE)
    draw_curve(ax, np.arange(5), np.arange(5.0), BLUE)
    label_ends(ax, [(1.0 + k / 1000, f"layer {k}", BLUE) for k in range(6)])
    heights = sorted(text.get_position()[1] for text in ax.texts)
    points = ax.get_position().height * ax.figure.bbox.height / ax.figure.dpi * 72
    assert min(np.diff(heights)) * points > 9
    assert [t.get_text() for t in sorted(ax.texts, key=lambda t: t.get_position()[1])] == [
        f"layer {k}" for k in range(6)
    ]


def _chart() -> Chart:
    def draw():
        figure, (ax,) = sheet()
        draw_curve(ax, np.arange(3), np.array([1.23456789, 2, 3]), BLUE)
        name_axes(ax, "x & <y> $a$", "1.23456789")
        return figure

    return Chart("Title", 'Said "so" & <b>.', draw)


def test_the_svg_shares_no_id_with_another_and_leaks_no_style():
    one, other = svg(_chart(), "one"), svg(_chart(), "other")
    ids = lambda text: set(re.findall(r' id="([^"]+)"', text))
    assert ids(one)
    assert not ids(one) & ids(other)
    assert "<style" not in one
    assert "metadata" not in one


def test_the_svg_keeps_its_text_and_shortens_only_coordinates():
    text = svg(_chart(), "one")
    assert ">1.23456789<" in text
    assert "x &amp; &lt;y&gt; $a$" in text
    assert 'aria-label="Title. Said &quot;so&quot; &amp; &lt;b&gt;."' in text
    coordinates = " ".join(re.findall(r' d="([^"]+)"', text))
    assert not re.search(r"\.\d{3}", coordinates)


def test_every_colour_of_a_drawing_can_be_changed_by_the_page():
    text = svg(_chart(), "one")
    assert all(f"var({VARIABLES[c]},{c})" in text for c in re.findall(r"#[0-9a-f]{6}", text))


def test_layers_stand_in_the_order_of_the_network_and_numbers_get_their_kind():
    made = lambda name, v: Track("grad_norm", np.arange(3), np.arange(3.0), np.full(3, v), "", name)
    kinds = [{"name": "0", "type": "Linear"}, {"name": "head", "type": "Linear"}]
    chart = layers_chart({"head": made("head", 2.0), "0": made("0", 1.0)}, "T", "q", "Norm", kinds=kinds)
    assert chart is not None
    assert chart.caption == "Norm of 2 layers; at the last measured step (2) from 1.00 in 0 Linear to 2.00 in head."
    assert re.findall(r">(0 Linear|head)<", svg(chart, "t")) == ["0 Linear", "head"]
