"""Lines of a width: nothing of a text is lost, and what a line can hold is all that makes it longer."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from koubai.views.filling import NOT_FIRST, breakable, filled

WORDS = st.text(alphabet="ab 層の（）。ー１", max_size=40)


@given(WORDS)
def test_pieces_are_the_text(words: str) -> None:
    assert "".join(breakable(words)) == words


@given(WORDS, st.integers(2, 20))
def test_lines_hold_all_that_is_not_blank_within_the_width(words: str, width: int) -> None:
    lines = list(filled(words, width))
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    longest = max(cell_len(piece.rstrip()) for piece in breakable(words))
    assert all(cell_len(line) <= max(width, longest) for line in lines)


@given(WORDS)
def test_no_line_begins_with_a_mark_that_belongs_to_the_word_before(words: str) -> None:
    for before, piece in pairwise(breakable(words)):
        assert piece[0] not in NOT_FIRST or before.endswith(" ")


def test_an_empty_text_is_one_empty_line() -> None:
    assert list(breakable("")) == list(filled("", 10)) == [""]
