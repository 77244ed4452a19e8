"""Tables are read as they are written: separators, encodings, headers, splits, and what is wrong with them."""

from __future__ import annotations

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest

from wellfit.nouns.errors import DataError
from wellfit.readers.table import can_read, table

FRAME = pd.DataFrame({"length (cm)": [1.5, 2.5, 3.5], "mass_g": [1, 2, 3], "kind": ["a", "b, c", 'd"e']})


def written(tmp_path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> str:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_any_usual_separator_is_told(tmp_path, sep):
    FRAME.to_csv(tmp_path / "t.csv", sep=sep, index=False)
    raw = table(str(tmp_path / "t.csv"))
    pd.testing.assert_frame_equal(raw.inputs, FRAME, check_dtype=False)


def test_blanks_may_separate_columns_without_a_header(tmp_path):
    raw = table(written(tmp_path, " 1870    -1.00   2.5\n 1871    -0.25   3.5\n", "t.txt"))
    assert raw.inputs.to_numpy().tolist() == [[1870, -1.0, 2.5], [1871, -0.25, 3.5]]
    assert list(raw.inputs.columns) == ["column 1", "column 2", "column 3"]
    assert [f.fault for f in raw.findings] == ["header-missing"]


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip"])
def test_packed_tables_are_read(tmp_path, ending):
    FRAME.to_csv(tmp_path / f"t{ending}", index=False)
    assert can_read(str(tmp_path / f"t{ending}"))
    assert table(str(tmp_path / f"t{ending}")).inputs["mass_g"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("ending", [".parquet", ".feather"])
def test_binary_tables_are_read(tmp_path, ending):
    getattr(FRAME, f"to_{ending[1:]}")(tmp_path / f"t{ending}")
    assert table(str(tmp_path / f"t{ending}")).inputs["kind"].tolist() == FRAME["kind"].tolist()


def test_units_are_those_that_names_state(tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    assert table(str(tmp_path / "t.csv")).units == {"length (cm)": "cm", "mass_g": "g"}


def test_a_decimal_comma_is_told_where_the_separator_is_another(tmp_path):
    raw = table(written(tmp_path, "a;b\n1,5;2\n-2,5;3\n"))
    assert raw.inputs["a"].tolist() == [1.5, -2.5]


def test_windows_encoding_is_read_and_said(tmp_path):
    raw = table(written(tmp_path, "größe,y\n1,é\n2,b\n", encoding="cp1252"))
    assert list(raw.inputs.columns) == ["größe", "y"]
    assert raw.inputs["y"].tolist() == ["é", "b"]
    assert [f.fault for f in raw.findings] == ["encoding"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert list(table(written(tmp_path, "a,b\n1,2\n", encoding="utf-8-sig")).inputs.columns) == ["a", "b"]


def test_names_and_text_lose_outer_blanks(tmp_path):
    raw = table(written(tmp_path, "a, b\n1, x\n2, y\n"))
    assert raw.inputs["b"].tolist() == ["x", "y"]


def test_a_split_column_becomes_the_given_split(tmp_path):
    raw = table(written(tmp_path, "x,y,Split\n1,2,train\n3,4,Testing\n5,6,val\n"))
    assert raw.given.tolist() == ["train", "test", "valid"]
    assert list(raw.inputs.columns) == ["x", "y"]
    assert raw.findings[0].summary == "column 'Split' read as the split: train 1, test 1, valid 1"


def test_a_column_named_set_that_says_something_else_stays(tmp_path):
    raw = table(written(tmp_path, "x,set\n1,left\n3,right\n"))
    assert raw.given is None
    assert "set" in raw.inputs


def test_a_folder_of_train_and_test_tables_is_a_given_split(tmp_path):
    FRAME.to_csv(tmp_path / "train.csv", index=False)
    FRAME[:1].to_csv(tmp_path / "test.csv", index=False)
    assert can_read(str(tmp_path))
    assert sorted(table(str(tmp_path)).given.tolist()) == ["test", "train", "train", "train"]


def test_a_folder_whose_tables_differ_is_refused(tmp_path):
    FRAME.to_csv(tmp_path / "train.csv", index=False)
    FRAME[["kind"]].to_csv(tmp_path / "test.csv", index=False)
    with pytest.raises(DataError, match="no column 'length \\(cm\\)', which the train table has"):
        table(str(tmp_path))


def test_frames_of_other_libraries_come_by_to_pandas():
    class Foreign:
        def to_pandas(self):
            return FRAME

    assert can_read(Foreign())
    assert table(Foreign()).inputs.equals(FRAME)


def test_columns_in_a_dict_are_a_table():
    assert can_read({"a": [1, 2]})
    assert table({"a": [1, 2], "b": ["x", "y"]}).inputs.shape == (2, 2)


def test_the_index_of_a_frame_is_left_alone_and_names_become_text():
    frame = pd.DataFrame(np.eye(3), index=[5, 6, 7], columns=[0, 1, 2])
    raw = table(frame)
    assert list(raw.inputs.columns) == ["0", "1", "2"]
    assert frame.index.tolist() == [5, 6, 7]


def refused(source) -> str:
    with pytest.raises(DataError) as error:
        table(source)
    return str(error.value)


def test_a_header_one_name_short_is_refused(tmp_path):
    path = written(tmp_path, "a,b\n1,2,3\n4,5,6\n")
    assert refused(path) == (
        f"asked: a name for every column of {path}\n"
        "found: the header has 2 names, line 2 has 3 values\n"
        "do:    add the missing name to the first line"
    )


def test_empty_cells_after_the_last_column_are_no_column(tmp_path):
    assert table(written(tmp_path, "a,b\n1,2,\n4,5,\n")).inputs.to_numpy().tolist() == [[1, 2], [4, 5]]


def test_a_line_with_too_many_values_is_refused_with_its_number(tmp_path):
    rows = "".join(f"{i},{i}\n" for i in range(10))
    assert "Expected 2 fields in line 12, saw 3" in refused(written(tmp_path, f"a,b\n{rows}1,2,3\n"))


def test_an_empty_file_is_refused(tmp_path):
    assert "found: an empty file" in refused(written(tmp_path, " \n"))


def test_a_header_without_rows_is_refused(tmp_path):
    assert "found: 2 columns and no rows" in refused(written(tmp_path, "a,b\n"))


def test_two_columns_of_one_name_are_refused():
    assert "2 columns named 'a'" in refused(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\x89PNG\r\n\0\0\0")
    assert "bytes that are no text" in refused(str(path))


def test_running_text_is_refused_as_no_table(tmp_path):
    assert "no separator" in refused(written(tmp_path, "Romeo:\nWhat, ho!\nApothecary:\nWho calls so loud?\n", "t.txt"))


def test_damaged_files_are_refused_by_name(tmp_path):
    for name, content in (("t.parquet", b"PAR1oops"), ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-20])):
        (tmp_path / name).write_bytes(content)
        assert f"the table {tmp_path / name}\nfound: unreadable" in refused(str(tmp_path / name))


def test_a_zip_of_several_files_is_no_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as packed:
        packed.writestr("a.csv", "x\n1\n")
        packed.writestr("b.csv", "x\n1\n")
    assert not can_read(str(tmp_path / "t.zip"))
