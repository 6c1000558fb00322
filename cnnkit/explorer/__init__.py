"""The explorer: each number of a network, with the arithmetic behind it."""

from cnnkit.explorer.explorer import Explorer, explore
from cnnkit.explorer.told import Explanation

__all__ = ["Explanation", "Explorer", "explore"]
