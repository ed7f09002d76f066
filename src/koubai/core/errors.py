"""The errors that koubai raises; each message says who, what is required, what was given, and what to do."""


class KoubaiError(Exception):
    """Base class of all errors that koubai raises deliberately."""


class ParameterError(KoubaiError, ValueError):
    """A parameter has a value that is not allowed."""


class ParameterTypeError(KoubaiError, TypeError):
    """A parameter has a type that is not allowed."""


class ShapeError(KoubaiError, ValueError):
    """An array has the wrong shape."""


class DataError(KoubaiError, ValueError):
    """A table or an array contains values that cannot be learned from."""


class DivergenceError(KoubaiError, ValueError):
    """Training diverged to NaN or infinity."""


class ModelFileError(KoubaiError, ValueError):
    """A model file is damaged, not koubai's, or of an unknown version."""


class FileError(KoubaiError, OSError):
    """A file that is not a model cannot be read, or any file cannot be written."""


class UndefinedError(KoubaiError, NotImplementedError):
    """A kind (an activation, a loss, an optimizer) does not define a requested operation."""
