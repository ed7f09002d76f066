"""Names of columns in several lines: units, questions, two levels; and lines that only seem so."""

from pathlib import Path

import pytest

from koubai.tables.files.reading import Table, read_table

ROWS = "".join(f"n{i % 4},{i}.5,{i % 9},{'ab'[i % 2]}\n" for i in range(30))


def read(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def test_a_line_of_units_is_left_aside_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, "name,size,mass,y\n,cm,kg,\n" + ROWS)
    assert table.frame.height == 30
    assert table.frame.columns == ["name", "size", "mass", "y"]
    assert table.notes == (
        "Line 2 (cm, kg), under the names: texts above numbers, left aside as units or questions. If that is a row, "
        "correct it.",
    )


def test_lines_of_questions_and_marks_of_a_survey_are_left_aside(tmp_path: Path) -> None:
    second = (
        'Name,"How tall, please?",How old?,Ok?\n"{""Id"":""0""}","{""Id"":""1""}","{""Id"":""2""}","{""Id"":""3""}"\n'
    )
    table = read(tmp_path, "q0,q1,q2,q3\n" + second + ROWS)
    assert table.frame.height == 30
    assert table.frame.columns == ["q0", "q1", "q2", "q3"]
    assert table.notes[0].startswith("Lines 2 to 3 (Name, How tall, please?, How old?, …), under the names:")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("id,size,,y\n,now,then,\n", ["id", "size_now", "size_then", "y"]),
        ("id,a,a,b\n,x,y,x\n", ["id", "a_x", "a_y", "b_x"]),
        (",a,a,b\n,x,y,z\nidx,,,\n", ["column_1", "a_x", "a_y", "b_z"]),
    ],
)
def test_names_on_two_levels_are_joined(tmp_path: Path, lines: str, names: list) -> None:
    rows = "".join(f"{i},{i}.5,{i % 9},{'ab'[i % 2]}\n" for i in range(30))
    table = read(tmp_path, lines + rows)
    assert table.frame.columns == names
    assert table.frame.height == 30
    assert "under the names: part of them" in table.notes[0]


def test_names_that_are_left_out_between_others_are_said(tmp_path: Path) -> None:
    table = read(tmp_path, "sales,,costs,\n2023,2024,2023,2024\n" + "1,2,3,4\n" * 9)
    assert table.frame.height == 10
    assert table.notes[0].startswith("The line of names leaves some out: column_2. If names stand in several lines,")


@pytest.mark.parametrize(
    "first",
    ["n1,unknown,3,a\n", "n1,?,3,a\n", "n9,1.5,unknown,b\n", "Anna,unknown,3,c\n", "n1,missing,unknown,a\n"],
)
def test_a_row_with_odd_cells_is_still_a_row(tmp_path: Path, first: str) -> None:
    assert read(tmp_path, "name,size,mass,y\n" + first + ROWS).frame.height == 31
