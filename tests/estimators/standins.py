"""koubai's networks under the names of scikit-learn's classes that the same equations give."""

from typing import Any

from koubai import MLPClassifier


class LogisticRegression(MLPClassifier):
    """A network without hidden layers, which is scikit-learn's logistic regression: the penalty ‖w‖²/(2C) in all.

    A subclass with a constructor of its own, as users write it.
    """

    def __init__(
        self,
        C: float = 1.0,
        *,
        class_weight: Any = None,
        tol: float = 1e-12,
        max_iter: int = 1000,
        random_state: Any = None,
    ) -> None:
        self.C = C
        super().__init__(
            (),
            solver="lbfgs",
            alpha=1 / C,
            class_weight=class_weight,
            tol=tol,
            max_iter=max_iter,
            random_state=random_state,
        )
