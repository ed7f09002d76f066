"""A model goes where it is needed: ONNX, plain code, figures.

`koubai.export.steps` describes what a model computes from a row to its answer, as a few kinds of small steps; `layers`,
`columns` and `models` describe each model that way, and each target is written from the description alone.
"""

from koubai.export.exporting import export, onnx_inputs

__all__ = ["export", "onnx_inputs"]
