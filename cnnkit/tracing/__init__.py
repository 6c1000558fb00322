"""A model told layer by layer: sizes, parameters, work, memory, what it sees.

Nothing is run: the sizes come from Keras, and the formulas are checked against
them. Where the kit knows no formula, the row says so and still counts.
"""

from cnnkit.tracing.follow import trace
from cnnkit.tracing.rows import Row, Trace

__all__ = ["Row", "Trace", "trace"]
