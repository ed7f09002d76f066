"""The multilayer perceptron for classes and labels."""

from collections.abc import Mapping, Sequence
from numbers import Real
from os import PathLike
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from koubai.core.activations.base import Activation
from koubai.core.losses import Loss
from koubai.engines.protocol import Engine
from koubai.estimators.answers.classes import Classifies
from koubai.estimators.given.parameters import keep_parameters
from koubai.estimators.mlp import BaseMLP
from koubai.optimizers.protocol import Optimizer
from koubai.optimizers.schedules import Schedule
from koubai.training.loop import Callback


class MLPClassifier(Classifies, BaseMLP):
    """Multilayer perceptron for classification: a drop-in for scikit-learn's class, with more options.

    The outputs are probabilities: softmax for one of three or more classes, one sigmoid for two, one sigmoid per label
    for several labels at once; the loss is the cross-entropy in nats (lecture slides 49-66).

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Number of nodes in each hidden layer; () gives a logistic regression.
    activation : str, Activation, or one for each hidden layer
        ``"relu"``, ``"tanh"``, ``"logistic"``, ``"gelu"``, …: see `koubai.core.activations`.
    solver : {"adam", "sgd", "lbfgs"}
        The optimization method; ``optimizer`` offers more.
    alpha : float
        Strength of the L2 penalty, >= 0: ½ alpha Σ w² divided by the batch size is added to the mean loss.
    batch_size : int or "auto"
        Rows per update; ``"auto"`` is min(200, n_samples).
    learning_rate : {"constant", "invscaling", "adaptive"}
        How α changes, for ``solver="sgd"`` and for ``optimizer``; ``schedule`` offers more.
    learning_rate_init : float or None
        α, > 0; None means the optimizer's own default.
    power_t : float
        Exponent of ``"invscaling"``.
    max_iter : int
        Maximum number of epochs, or of iterations of L-BFGS.
    shuffle : bool
        Whether to reshuffle the rows in each epoch.
    random_state : int, RandomState or None
        Source of randomness for initial values, shuffles and splits.
    tol : float
        Minimum improvement, in units of the loss or the score.
    verbose : bool or int
        Whether to print the loss of each epoch.
    warm_start : bool
        Whether ``fit`` continues from the last θ.
    momentum : float
        μ of ``solver="sgd"``, in [0, 1].
    nesterovs_momentum : bool
        Whether that momentum is Nesterov's.
    early_stopping : bool
        Whether to hold out rows, stop when their score no longer improves, and keep the best θ.
    validation_fraction : float
        Share of rows held out, in (0, 1).
    beta_1, beta_2, epsilon : float
        Parameters of ``solver="adam"``.
    n_iter_no_change : int
        Number of epochs without improvement before training stops. Schedules that are laid over all epochs, such as
        ``"cosine"`` and ``"one_cycle"``, run to their end unless ``early_stopping`` is set: the loss falls as the rate
        does.
    max_fun : int
        Maximum number of loss evaluations by L-BFGS.
    optimizer : str, Optimizer or None
        A rule of `koubai.optimizers` instead of ``solver``, by name with its own defaults, or an instance.
    schedule : str, Schedule or None
        A schedule of `koubai.optimizers.schedules` instead of ``learning_rate``.
    epochs : int or None
        Maximum number of epochs, instead of ``max_iter``, without a warning when it is reached.
    loss : str or Loss
        ``"log_loss"``, ``"half_squared_error"``, ``"huber"``, ``"binary_cross_entropy"``, ``"hinge"`` or
        ``"perceptron"``; the last two have ``decision_function`` instead of probabilities.
    rate_factors, decay_factors : dict or None
        Factors on α and on the optimizer's weight decay by group of parameters (``"weights"``, ``"biases"``,
        ``"scales"``, ``"embeddings"``, ``"alphas"``): ``rate_factors={"biases": 0.1}, decay_factors={"biases": 0}``.
    decay_schedule, dropout_schedule : str, Schedule or None
        What is left of the weight decay and of ``dropout`` in the course of training, as a schedule from 1:
        ``"flat_cosine"``.
    embedding : "periodic", dict or None
        Join inputs by learned waves of them (`koubai.core.layers.PeriodicEmbedding`): all, or as the dict says with
        ``embedded`` (inputs, from 0), ``n_frequencies``, ``n_numbers``, ``sigma``.
    scaling : bool
        Whether a learned factor stands before each input of the first hidden layer (`koubai.core.layers.Scaling`).
    parametrization : {"standard", "ntk"}
        ``"ntk"``: u = Wᵀ z / √n + b in all layers of weights (`koubai.core.layers.NTKDense`).
    learned_activation : bool
        Whether hidden nodes learn how much of ``activation`` they use (`koubai.core.layers.LearnedActivation`).
    init : str
        Rule for initial values: ``"scikit-learn"``, one of `koubai.core.initializers`, or ``"data"``: weights that
        give each node's pre-activation variance 1 over the training rows (`koubai.core.data_start`).
    l1 : float
        Strength of an L1 penalty, >= 0, scaled like ``alpha``.
    dropout : float or one for each hidden layer
        Probability in [0, 1) that a hidden node is dropped from an update.
    clip_norm : float or None
        Maximum Euclidean norm of the gradient.
    class_weight : dict, "balanced" or None
        Weights of the classes, as elsewhere in scikit-learn; they multiply the row weights, also when early stopping
        scores held-out rows.
    label_smoothing : float
        Share of each target, in [0, 1), that the cross-entropy spreads evenly over all answers.
    callbacks : callable, sequence of callables, or None
        Each is called with a `koubai.training.history.Epoch` after every epoch; True stops training.
    progress : bool
        Whether to show a progress bar on standard error.
    engine : str or Engine
        The engine: ``"cpu"``, ``"reference"``, or ``"jax"`` for GPUs and many machines, which needs JAX.
    n_jobs : int or None
        Maximum number of threads; None for as many as the batch warrants, -1 for all processors.
    n_starts : int
        Number of sets of initial values to try, all at once on all cores. If greater than 1, rows are held out as with
        ``early_stopping``, unless ``validation_data`` is given, and the start with the best score on them is kept.
    checkpoint : path or None
        A file to which training is saved as it progresses; if ``fit`` finds it, training resumes from it.
    checkpoint_every : float
        Seconds between saves.
    keep_checkpoint : bool
        Whether to keep the file when training has ended, so that nothing is lost before you have saved the model; a
        ``fit`` that finds it then ends at once with the same result. You must remove the file yourself.
    validation_metric : {"score", "loss"}, name of a scorer, or callable
        The score on validation rows used by ``early_stopping`` and ``n_starts``: the accuracy (R² for regression) as in
        scikit-learn, where a tie keeps the earlier epoch; or minus the mean loss without penalty, which takes
        probabilities and hence rare classes into account. Or one of scikit-learn's scorers by name (``"f1_macro"``,
        ``"roc_auc"``, ``"neg_mean_absolute_error"``), or any ``metric(estimator, X, y)``, higher being better.

    Attributes
    ----------
    classes_ : ndarray
        The class labels.
    loss_, best_loss_ : float
        Loss of the last epoch, and the lowest (None with early stopping).
    loss_curve_ : list of float
        Loss of each epoch, penalty included.
    validation_scores_, best_validation_score_
        Accuracy (or minus the loss, see ``validation_metric``) on the validation rows after each epoch, and the
        highest; None without such rows.
    validation_losses_ : list of float
        Mean loss of the validation rows after each epoch, without penalty; None without such rows.
    start_scores_ : ndarray of shape (n_starts,)
        Score of each start on the validation rows after training, with ``n_starts`` above 1.
    t_ : int
        Number of training rows processed.
    n_iter_ : int
        Number of epochs of the last ``fit``.
    n_layers_, n_outputs_ : int
        Number of layers, including the input, and of outputs.
    out_activation_ : str
        ``"softmax"``, ``"logistic"`` or ``"identity"``.
    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of each layer: views of ``theta_``.
    theta_ : ndarray of shape (n_parameters,)
        All parameters.
    network_ : Network
        The network, which defines the layout of ``theta_``.
    history_ : History
        The epochs, and why training stopped.
    n_features_in_, feature_names_in_
        As elsewhere in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    """

    _parameter_constraints: ClassVar[dict[str, object]] = {
        **BaseMLP._parameter_constraints,
        "loss": [str, Loss],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Activation | Sequence[str | Activation] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float | None = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: object = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        optimizer: str | Optimizer | Mapping[str, object] | None = None,
        schedule: str | Schedule | Mapping[str, object] | None = None,
        epochs: int | None = None,
        loss: str | Loss = "log_loss",
        rate_factors: Mapping[str, float] | None = None,
        decay_factors: Mapping[str, float] | None = None,
        decay_schedule: str | Schedule | Mapping[str, object] | None = None,
        dropout_schedule: str | Schedule | Mapping[str, object] | None = None,
        embedding: str | Mapping[str, object] | None = None,
        scaling: bool = False,
        parametrization: str = "standard",
        learned_activation: bool = False,
        init: str = "scikit-learn",
        l1: float = 0.0,
        dropout: float | Sequence[float] = 0.0,
        clip_norm: float | None = None,
        class_weight: object = None,
        label_smoothing: float = 0.0,
        callbacks: Callback | Sequence[Callback] | None = None,
        progress: bool = False,
        engine: str | Engine = "cpu",
        n_jobs: int | None = None,
        n_starts: int = 1,
        checkpoint: str | PathLike[str] | None = None,
        checkpoint_every: float = 10.0,
        keep_checkpoint: bool = False,
        validation_metric: str = "score",
    ) -> None:
        keep_parameters(self, locals())
