"""Where a long formula may break: at the terms of a sum, wherever in a product the sum stands."""

from fractions import Fraction

from koubai.core.formulas.tree import Number, Product, Sum
from koubai.core.formulas.values import Notation
from koubai.views.formulas.plain import PlainWriter


def broken(formula):
    return PlainWriter(Notation()).breakable(formula)


def n(value):
    return Number(Fraction(value))


def test_a_sum_in_a_product_breaks_between_its_terms_and_keeps_what_stands_before_and_after():
    inside = Sum((n(1), n(2), n(3)))
    assert broken(Product((inside, n(4)))) == ["(1", " + 2", " + 3)×4"]
    assert broken(Product((n(4), inside))) == ["4×(1", " + 2", " + 3)"]
    assert broken(Product((n(4), inside, n(5)))) == ["4×(1", " + 2", " + 3)×5"]


def test_a_product_of_two_sums_is_left_whole():
    inside = Sum((n(1), n(2)))
    assert broken(Product((inside, inside))) == ["(1 + 2)×(1 + 2)"]
