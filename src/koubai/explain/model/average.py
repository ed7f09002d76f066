"""What a page about one network says where a model's answer is the mean of several."""

from dataclasses import replace

from koubai.explain.derivations import Derivation, say


def about_average(page: Derivation, number: int, n_networks: int) -> Derivation:
    """Return a page that begins with how networks are averaged, and which of them it shows; unchanged for one network.

    Parameters
    ----------
    page : Derivation
        The page about one of them.
    number : int
        Which, counted from 1.
    n_networks : int
        How many there are.
    """
    if n_networks == 1 or not page.sections:
        return page
    first, *rest = page.sections
    told = say("explain.text.average", n=n_networks, number=number)
    return replace(page, sections=(replace(first, blocks=(told, *first.blocks)), *rest))
