"""The errors that koubai raises: each says who, what is required, what came and what to do."""


class KoubaiError(Exception):
    """Base of every error that koubai raises on purpose."""


class ParameterError(KoubaiError, ValueError):
    """A parameter has a value that is not allowed."""


class ParameterTypeError(KoubaiError, TypeError):
    """A parameter has a type that is not allowed."""


class ShapeError(KoubaiError, ValueError):
    """An array has a shape that does not fit."""


class DataError(KoubaiError, ValueError):
    """A table or an array holds values that cannot be learned from."""


class DivergenceError(KoubaiError, ValueError):
    """Training left the finite numbers."""


class ModelFileError(KoubaiError, ValueError):
    """A model file is damaged, foreign, or of an unknown version."""


class FileError(KoubaiError, OSError):
    """A file that is not a model cannot be read, or any file cannot be written."""


class MissingError(KoubaiError, AttributeError):
    """An attribute is asked for that the object cannot have, such as a weight matrix of layers that have none."""


class UndefinedError(KoubaiError, NotImplementedError):
    """A kind (an activation, a loss, an optimizer) does not define what is asked of it."""
