"""How a training is followed: time left, curve, and the line at its end."""

from __future__ import annotations

import io
import math

import pytest
from fake import Terminal

from wellfit.views.terminal.screen import screen
from wellfit.views.terminal.training import Training, clock, curves, ended, said, sparkline


class Hand:
    """A clock that is turned by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def followed(epochs: int, each_s: float, until: int, **facts) -> tuple[Training, Hand]:
    hand = Hand()
    training = Training(clock=hand)
    for epoch in range(until + 1):
        training.take({"epoch": epoch, "epochs": epochs, **(facts if epoch else {})})
        hand.now += each_s
    hand.now -= each_s
    return training, hand


def test_time_left_is_what_the_epochs_still_to_come_take_at_this_pace():
    training, _ = followed(100, each_s=2.0, until=40)
    assert training.left_s == pytest.approx(120.0)


def test_time_left_follows_a_change_of_pace():
    training, hand = followed(100, each_s=0.5, until=40)
    for epoch in range(41, 61):
        hand.now += 2.0
        training.take({"epoch": epoch, "epochs": 100})
    assert training.left_s == pytest.approx(80.0, rel=0.05)


def test_time_left_runs_down_between_two_moments():
    training, hand = followed(100, each_s=2.0, until=40)
    hand.now += 1.5
    assert training.left_s == pytest.approx(118.5)


def test_time_left_is_not_told_before_anything_is_known():
    assert Training().left_s is None
    training, _ = followed(10, each_s=1.0, until=0)
    assert training.left_s is None


def test_a_long_training_is_followed_in_little_memory():
    training, _ = followed(100_000, each_s=0.01, until=5000)
    assert len(training._passed) <= 513
    assert training.left_s == pytest.approx(950, rel=0.05)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (65, "1:05"), (3725, "1:02:05"), (59.2, "1:00")])
def test_a_clock_reads_as_people_read_it(seconds, text):
    assert clock(seconds) == text


def test_a_falling_loss_is_a_falling_curve():
    drawn = sparkline([2.0**-i for i in range(8)], 8, screen(io.StringIO()))
    assert drawn == "".join(sorted(drawn, reverse=True))
    assert len(set(drawn)) == 8


@pytest.mark.parametrize("values", [[], [1.0], [math.nan] * 9, [1.0] * 9, [0.0] * 9, [-1.0, math.inf, 2.0]])
def test_a_curve_of_whatever_is_drawn_or_left_out(values):
    assert len(sparkline(values, 10, screen(io.StringIO()))) <= 10


def many(epochs: int) -> Training:
    training = Training(clock=Hand())
    for e in range(1, epochs + 1):
        training.take(
            {"epoch": e, "epochs": epochs, "train_loss": 1 / e, "valid_loss": 0.5 + 1 / e, "valid_score": 0.9}
        )
    return training


@pytest.mark.parametrize("width", range(10, 160, 7))
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_small_curves_fit_the_width_and_speak_its_alphabet(width, encoding):
    line = curves(many(50), screen(Terminal(encoding)), width)
    assert line is None or (line.cell_len <= width and line.plain.startswith("training "))
    assert line is not None or width < 80
    if line is not None and encoding == "ascii":
        assert line.plain.isascii()


def test_losses_share_a_scale_so_that_the_gap_is_seen():
    line = curves(many(50), screen(Terminal()), 120)
    assert line is not None
    training, validation = (line.plain.partition(word)[2].split()[0] for word in ("training ", "validation "))
    assert training[-1] == "▁"
    assert validation[-1] > training[-1]


def test_there_are_no_curves_before_two_epochs():
    assert curves(many(1), screen(Terminal()), 120) is None


def test_curves_of_a_long_training_take_little_memory_and_keep_their_shape():
    training = many(20_000)
    assert max(map(len, training.curves.values())) <= 1025
    assert training.losses == sorted(training.losses, reverse=True)


def test_a_loss_that_is_no_number_is_said():
    training, _ = followed(9, 1.0, 3, train_loss=math.nan, valid_loss=math.nan, best=False, why_stop="not finite")
    assert "nan" in said(training)
    assert ended(training) == "ended at epoch 3 of 9: the loss is no longer finite"


def test_an_early_stop_says_why_and_what_is_kept():
    training, _ = followed(
        9, 1.0, 3, valid_loss=0.5, train_loss=0.4, valid_loss_se=0.02, best=True, why_stop="patience"
    )
    assert ended(training).startswith("ended early at epoch 3 of 9, after 3.0 s")
    assert ended(training).endswith("best (kept): epoch 3, validation loss 0.500 ± 0.020")


def test_a_training_stopped_before_its_first_epoch_says_so():
    training, _ = followed(9, 1.0, 0)
    assert ended(training).endswith("no epoch was finished")
