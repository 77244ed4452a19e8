"""Arrays in files: names tell what is what; nothing pickled is loaded."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.errors import DataError
from wellfit.readers.arrays import arrays, can_read

X, Y = np.arange(24.0).reshape(8, 3), np.arange(8) % 2
PICTURES = np.arange(8 * 4 * 6 * 3, dtype=np.uint8).reshape(8, 4, 6, 3)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"),
        ("X", "y"),
        ("images", "labels"),
        ("data", "target"),
        ("features", "labels"),
        ("inputs", "targets"),
        ("arr_0", "arr_1"),
    ],
)
def test_usual_names_tell_inputs_and_targets(tmp_path, x, y):
    np.savez(tmp_path / "a.npz", **{y: Y, x: X, "notes": np.array("by hand")})
    raw = arrays(str(tmp_path / "a.npz"))
    assert can_read(str(tmp_path / "a.npz"))
    assert np.array_equal(raw.inputs, X)
    assert np.array_equal(raw.targets, Y)
    assert raw.given is None


@pytest.mark.parametrize("form", ["{0}_{1}", "{1}_{0}", "{0}{1}"])
def test_names_with_a_split_give_the_split(tmp_path, form):
    parts = {"train": slice(0, 5), "test": slice(5, 7), "val": slice(7, 8)}
    named = {form.format(w, s): a[i] for s, i in parts.items() for w, a in (("x", X), ("y", Y))}
    np.savez(tmp_path / "a.npz", **named)
    raw = arrays(str(tmp_path / "a.npz"))
    assert raw.given.tolist() == ["train"] * 5 + ["valid"] + ["test"] * 2
    assert np.array_equal(np.sort(raw.inputs[:, 0]), X[:, 0])


def test_pictures_are_told_and_put_channels_first(tmp_path):
    np.savez(tmp_path / "a.npz", images=PICTURES, labels=Y)
    raw = arrays(str(tmp_path / "a.npz"))
    assert raw.kind == "pictures"
    assert np.array_equal(raw.inputs, PICTURES.transpose(0, 3, 1, 2))


@pytest.mark.parametrize(("x", "y"), [("x", "y"), ("X_all", "y_all"), ("images", "labels"), ("data", "target")])
def test_an_npy_has_its_targets_beside_it(tmp_path, x, y):
    np.save(tmp_path / f"{x}.npy", X)
    np.save(tmp_path / f"{y}.npy", Y)
    assert np.array_equal(arrays(str(tmp_path / f"{x}.npy")).targets, Y)


def test_an_npy_alone_has_no_targets(tmp_path):
    np.save(tmp_path / "x.npy", X)
    assert arrays(str(tmp_path / "x.npy")).targets is None


def test_a_folder_of_npy_is_read_like_an_npz(tmp_path):
    for name, a in (("x_train", X[:6]), ("y_train", Y[:6]), ("x_test", X[6:]), ("y_test", Y[6:])):
        np.save(tmp_path / f"{name}.npy", a)
    assert can_read(str(tmp_path))
    assert arrays(str(tmp_path)).given.tolist() == ["train"] * 6 + ["test"] * 2


def test_target_names_the_targets_array(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, mass=Y, charge=Y + 1)
    raw = arrays(str(tmp_path / "a.npz"), target="charge")
    assert raw.targets.tolist() == (Y + 1).tolist()
    assert raw.target_names == ("charge",)


def test_feature_names_are_kept(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y, feature_names=np.array(["a", "b", "c"]))
    assert arrays(str(tmp_path / "a.npz")).names == ("a", "b", "c")


def refused(path, **more) -> str:
    with pytest.raises(DataError) as error:
        arrays(str(path), **more)
    return str(error.value)


def test_pickled_objects_are_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    np.savez(tmp_path / "a.npz", x=np.array([Bomb()] * 3, dtype=object), y=Y[:3])
    np.save(tmp_path / "x.npy", np.array([Bomb()], dtype=object))
    for name in ("a.npz", "x.npy"):
        assert "found: pickled objects, which could run a stranger's code" in refused(tmp_path / name)


def test_names_that_tell_nothing_are_listed(tmp_path):
    np.savez(tmp_path / "a.npz", foo=X, bar=Y)
    assert "found: foo (8, 3), bar (8,)\ndo:    name the arrays x and y" in refused(tmp_path / "a.npz")


def test_another_number_of_targets_is_refused_with_both_shapes(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y[:5])
    assert "found: inputs of shape (8, 3), targets of shape (5,)" in refused(tmp_path / "a.npz")


def test_an_unknown_target_is_refused_with_the_nearest(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, charge=Y)
    assert refused(tmp_path / "a.npz", target="charg").endswith("write 'charge'")


def test_splits_of_two_forms_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y, x_test=X)
    assert "train (8, 3), test (8, 3) without targets" in refused(tmp_path / "a.npz")


def test_text_as_inputs_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array(["a", "b"]), y=Y[:2])
    assert "found: values of type <U1" in refused(tmp_path / "a.npz")


def test_damaged_files_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[:100])
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01")
    for name in ("a.npz", "x.npy"):
        assert f"the arrays in {tmp_path / name}\nfound: unreadable" in refused(tmp_path / name)
