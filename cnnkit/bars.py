"""Progress bars that leave nothing behind, neither on the screen nor in a notebook."""

import io
import sys
from collections.abc import Callable

from tqdm import tqdm


def is_watched() -> bool:
    """Whether someone sees a bar move: in a notebook or a terminal, not in a pipe."""
    return in_notebook() or bool(sys.stdout and sys.stdout.isatty())


def in_notebook() -> bool:
    """Whether stdout goes to a cell of a notebook."""
    return "ipykernel" in type(sys.stdout).__module__


def bar(total: int, what: str = "", *, delay: float = 0, shown: bool = True) -> tqdm:
    """Open a bar, which vanishes when it is closed.

    In a terminal it is a line of stdout. In a notebook it is an output of its own,
    emptied at the end: what the cell prints stays as it is, so that a checker such
    as nbval finds the same output whether the work took long enough for a bar or
    not.

    Args:
        total: steps until it is full.
        what: the word before the bar. Default: none.
        delay: seconds in which no bar is shown. Default: 0.
        shown: false for no bar. Default: True.

    Example:
        >>> with bar(2, "squares") as progress:
        ...     for number in range(2):
        ...         progress.update()
    """
    kind = _CellBar if in_notebook() else tqdm
    return kind(
        total=total,
        desc=what,
        file=io.StringIO() if in_notebook() else sys.stdout,
        ascii=False if in_notebook() else None,  # else tqdm asks the file
        leave=False,
        delay=delay,
        disable=not (shown and is_watched()),
        ncols=79,
        bar_format="{desc} |{bar}| {n_fmt}/{total_fmt}, {remaining} left",
    )


class _CellBar(tqdm):
    """A bar of a notebook, in an output of its own."""

    @staticmethod
    def status_printer(file: io.StringIO) -> Callable[[str], None]:
        """Return the function that shows a state of the bar; "" empties it."""
        from IPython.display import display

        output = None

        def show(state: str) -> None:
            nonlocal output
            data = {"text/plain": state} if state else {}
            if output is None:  # empty at first: only what opens it is in the file
                output = display({}, raw=True, display_id=True)
            output.update(data, raw=True)

        return show
