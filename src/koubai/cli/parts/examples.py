"""What each subject of `koubai explain` is asked for, as examples for its help."""

OF_EXPLAIN = {
    "activation": ("sigmoid", "gelu --at 1/2", "softmax --at 2,1,0"),
    "backward": ("--weight 2,1,2", "--sizes 4-5-3 --out backward.html --lang ja"),
    "capacity": ("--hidden 2,8,32,128",),
    "derivative": ('"norm(A @ x - b)**2" --by x',),
    "filters": ("--out filters.html",),
    "forward": ("--sizes 3-2-2", "penguins.koubai --data examples/penguins.csv --row 3"),
    "identities": ("--out identities.html",),
    "learners": ("--lang ja",),
    "linear": ("--out linear.html",),
    "logistic": ("--out logistic.html",),
    "loss": ("half_squared_error --z 0.7 --y 1", "cross_entropy --z 0.7,0.2,0.1 --y 1,0,0"),
    "margin": ("--w 1,1 --b -0.6",),
    "model": ("penguins.koubai --data examples/penguins.csv --out model.html",),
    "perceptron": ("--sweeps 2", "examples/penguins.csv --target species --positive Gentoo --bias --out walk.html"),
    "reasons": ("penguins.koubai --data examples/penguins.csv --row 3",),
    "shapes": ('"A.T @ x" A=m,k x=m,1', '"xᵀ @ W @ x" W=m,m x=m,1'),
    "softmax": ("--u 10,2,1",),
    "tangents": ("--polynomial 1,0,-3,1 --start 2 --rate 1/20 --out tangents.html",),
    "update": ("--rate 1/2", "--optimizer adam --rate 0.1 --rows 1-4 --weight 1,2,1"),
    "xor": ("--out xor.html",),
}
"""What may follow each subject's name."""


def of_explain(name: str) -> str:
    """Return the examples for a subject's help."""
    return "examples:\n" + "\n".join(f"  koubai explain {name} {words}" for words in OF_EXPLAIN[name])
