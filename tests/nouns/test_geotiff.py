"""GeoTIFF: every band is read, and a mask lies where its picture lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from wellfit.jobs.predict import Answers, write
from wellfit.nouns import geotiff
from wellfit.nouns.errors import DataError
from wellfit.nouns.geotiff import bands, placed
from wellfit.nouns.picture_files import picture
from wellfit.readers.masks import masks
from wellfit.verbs.load import load

SCENE = Path(__file__).parents[2] / "../shared/data/landsat_pucallpa_2020.tif"


def scene(file: Path, x: np.ndarray) -> bytes:
    """A GeoTIFF of bands x [C, H, W] in the Amazon."""
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import Affine

    file.parent.mkdir(parents=True, exist_ok=True)
    kind = {"driver": "GTiff", "height": x.shape[1], "width": x.shape[2], "count": len(x), "dtype": x.dtype.name}
    place = {"crs": "EPSG:32718", "transform": Affine(30, 0, 550000, 0, -30, 9080000)}
    with rasterio.open(file, "w", **kind, **place, photometric="minisblack") as written:
        written.write(x)
    return file.read_bytes()


def test_all_bands_are_read_and_a_mask_lies_in_the_same_place(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    x = np.random.default_rng(0).integers(0, 9000, (6, 20, 30)).astype(np.uint16)
    content = scene(tmp_path / "s.tif", x)
    np.testing.assert_array_equal(bands(content), x)
    np.testing.assert_array_equal(picture(content), x)
    found = placed(content, np.eye(20, 30, dtype=np.uint8))
    assert found is not None
    with rasterio.MemoryFile(found) as held, held.open() as back, rasterio.open(tmp_path / "s.tif") as own:
        assert (back.crs, back.transform) == (own.crs, own.transform)
        np.testing.assert_array_equal(back.read(1), np.eye(20, 30))


def test_masks_of_placed_pictures_are_written_in_their_place(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    scene(tmp_path / "in" / "s.tif", np.zeros((4, 20, 30), np.uint8))
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(tmp_path / "in" / "plain.png")
    codes = {"s.tif": np.ones((20, 30), np.uint8), "plain.png": np.ones((5, 6), np.uint8)}
    write(Answers(pd.DataFrame({"file": list(codes)}), codes, ("a", "b"), str(tmp_path / "in")), tmp_path / "out")
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["plain.png", "predictions.csv", "s.tif"]
    with rasterio.open(tmp_path / "out" / "s.tif") as back:
        assert back.crs.to_epsg() == 32718
        assert (back.read(1) == 1).all()


def test_a_tiff_without_a_place_gets_a_plain_mask(tmp_path):
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(tmp_path / "x.tif")
    assert placed((tmp_path / "x.tif").read_bytes(), np.zeros((5, 6), np.uint8)) is None


def test_one_scene_with_a_mask_is_cut_into_blocks_that_are_parted(tmp_path):
    x = np.random.default_rng(0).integers(0, 255, (5, 400, 500)).astype(np.uint8)
    scene(tmp_path / "images" / "s.tif", x)
    (tmp_path / "masks").mkdir()
    Image.fromarray((x[0] > 99).astype(np.uint8)).save(tmp_path / "masks" / "s.png")
    raw = masks(str(tmp_path))
    assert raw.inputs.shape[1] == 5
    assert raw.tiles is not None
    assert len(raw.tiles) >= 30
    assert raw.tiles.sizes.prod(1).sum() == 400 * 500
    assert raw.findings[0].fault == "scenes-blocked"
    assert len(load(str(tmp_path)).test) > 0


def test_without_rasterio_a_tiff_of_many_bands_says_what_to_install(tmp_path, monkeypatch):
    content = scene(tmp_path / "s.tif", np.zeros((6, 8, 8), np.uint8))
    monkeypatch.setattr(geotiff, "_rasterio", lambda: None)
    assert "pip install 'wellfit[geo]'" in str(picture(content))


@pytest.mark.skipif(not SCENE.is_file(), reason="the shared data are not there")
def test_a_scene_without_a_mask_asks_what_is_to_be_learnt():
    pytest.importorskip("rasterio")
    with pytest.raises(DataError) as error:
        load(str(SCENE))
    said = str(error.value).splitlines()
    assert len(said) == 3
    assert "1 picture of 377x697 cells (height x width) in 4 bands, with neither classes nor masks" in said[1]
