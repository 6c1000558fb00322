"""Sizes along one axis: how far a window slides, what it covers, what it misses.

Everything here is whole numbers and school arithmetic; a picture has two axes,
and each is reckoned on its own. The same formulas hold for convolution and for
pooling, which both slide a window. Keras and TensorFlow give the same sizes.
"""

from cnnkit.shapes.receptive import ReceptiveField, receptive_field
from cnnkit.shapes.windows import output_size, padding_amounts, unread_pixels

__all__ = [
    "ReceptiveField",
    "output_size",
    "padding_amounts",
    "receptive_field",
    "unread_pixels",
]
