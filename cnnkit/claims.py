"""Claims: what a notebook asserts, checked where it is said."""

from cnnkit.errors import expected


def claim(text: str, holds: object, *, unless: str = "") -> None:
    """Print «✓ text» when the claim holds, or raise with the text.

    The line that it prints is the same on every machine, so strict nbval can
    compare it, whatever the measured number behind it was. A claim that cannot be
    checked here, because something is not installed, is printed with the reason;
    `tests/nbval.cfg` has the rule that lets such a line pass.

    Args:
        text: one sentence or phrase without a full stop.
        holds: a bool, or a NumPy bool. An array is refused: say `.all()` or
            `.any()`, so that the reader sees which one you mean.
        unless: why it cannot be checked here; `holds` does not count then.
            Default: "", it is checked.

    Raises:
        AssertionError: the claim does not hold.
        TypeError: `holds` is not a single truth value.

    Example:
        >>> claim("test accuracy is at least 98.5 %", 0.991 >= 0.985)
        ✓ test accuracy is at least 98.5 %

    Taught in: notebooks/11_mnist_pipeline.ipynb
    """
    if not isinstance(text, str) or not text.strip():
        raise expected("`text` to be a sentence", f"text={text!r}", error=TypeError)
    if not isinstance(unless, str):
        raise expected("`unless` to be a reason", f"unless={unless!r}", error=TypeError)
    if unless:
        print(f"– {text} (not checked here: {unless})")
        return
    kind = type(holds)
    if not (kind is bool or (kind.__module__ == "numpy" and "bool" in kind.__name__)):
        raise expected(
            "`holds` to be one truth value (True or False)",
            f"{kind.__name__}: {holds!r}",
            advice="Compare first, and reduce an array with .all() or .any().",
            error=TypeError,
        )
    if not holds:
        raise AssertionError(f"This claim does not hold: {text}")
    print(f"✓ {text}")
