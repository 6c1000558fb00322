"""What an exercise answers: a quiet card in a notebook, text in a terminal."""

import html
import re
import textwrap
from dataclasses import dataclass

_EDGES = {"right": "#009E73", "wrong": "#D55E00", "question": "#0072B2"}
_QUIET = "#5F5F5F"


@dataclass(frozen=True, repr=False)
class Card:
    """A few words about an exercise. The same words always look the same.

    Its text may hold `code` in backticks; nothing else is marked up.
    """

    name: str
    """Of the exercise, `padding.same_size`."""
    state: str
    """As `right`, `wrong`, `not answered yet`, `hint 1 of 2`."""
    text: str
    code: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the answer was right."""
        return self.state == "right"

    def __repr__(self) -> str:
        lines = [f"{self.name}: {self.state}"]
        for line in self.text.splitlines():
            lines += textwrap.wrap(line, 79)
        return "\n".join([*lines, *textwrap.indent(self.code, "    ").splitlines()])

    def _repr_html_(self) -> str:
        edge = _EDGES.get(self.state, _QUIET)
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(self.text))
        text = text.replace("\n", "<br>")
        code = html.escape(self.code)
        code = f'<pre style="font-family: monospace">{code}</pre>' if code else ""
        return (
            f'<div style="border-left: 4px solid {edge}; padding: 0 12px">'
            f"<b>{html.escape(self.name)}: {html.escape(self.state)}</b>"
            f"<p>{text}</p>{code}</div>"
        )
