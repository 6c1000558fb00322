"""A notebook as one HTML page that needs no network.

nbconvert's own page loads its scripts and its mathematics from elsewhere. This
one adds no scripts: formulas become MathML, which browsers draw by themselves, and
pictures lie inside the page.
"""

import html
import os
import re
from pathlib import Path

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from cnnkit.files import whole_file

_TEMPLATE = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock html_head_js -%}
{%- block html_head_js_mathjax -%}{%- endblock html_head_js_mathjax -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}
{%- block extra_css -%}
<style type="text/css">
main { max-width: 60rem; margin: 0 auto; }
</style>
{%- endblock extra_css -%}
"""
_LOADED = re.compile(
    r"""<(?:script|img|link|iframe)\b[^>]*?\s(?:src|href)\s*=\s*["']?
    ((?:https?:)?//[^"'\s>]+)""",
    re.VERBOSE | re.IGNORECASE,
)
# Browsers set «ln 10» without the space that TeX puts around a function's name.
_FUNCTION = "<mi>(?:ln|log|exp|max|min|sin|cos|tan)</mi>"
_SPACE = '<mspace width="0.17em"></mspace>'


def write_page(notebook: NotebookNode, path: Path, *, folder: Path) -> list[str]:
    """Write the notebook as one HTML page.

    Scripts and pictures from the network that the notebook itself brings along,
    in an HTML output for instance, stay in the page.

    Args:
        notebook: the notebook with its outputs.
        path: the page to write, whole or not at all.
        folder: where the notebook lies; its pictures are looked up from there.

    Returns:
        The addresses from which the page would still load something; [] for a
        page that is whole.
    """
    exporter = _Exporter(raw_template=_TEMPLATE, embed_images=True)
    exporter.source = os.path.relpath(folder, path.parent).replace(os.sep, "/")
    title = re.search(r"^# (.+)", notebook.cells[0].source) if notebook.cells else None
    name = title.group(1) if title else path.stem
    resources = {"metadata": {"name": name, "path": str(folder)}}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return sorted(set(_LOADED.findall(page)))


class _Exporter(HTMLExporter):
    """nbconvert's exporter, with a renderer that draws formulas as MathML."""

    source = "."  # the way from the page to the notebook's folder

    @pass_context
    def markdown2html(self, context: dict, source: str) -> str:
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
        )
        renderer.source = self.source
        return MarkdownWithMath(renderer=renderer).render(source)


class _Renderer(IPythonRenderer):
    """Markdown to HTML; LaTeX between dollars to MathML."""

    source = "."

    def link(self, text: str, url: str, title: str | None = None) -> str:
        # Another notebook has its page beside this one; other files stay put.
        if not re.match(r"[a-z]+:|#|/", url, re.IGNORECASE):
            page = re.sub(r"\.ipynb(?=#|$)", ".html", url)
            url = page if page != url else f"{self.source}/{url}"
        return super().link(text, url, title)

    def block_html(self, text: str) -> str:
        # Looking for pictures to embed closes every open tag: a <details> would
        # end at its first empty line.
        return super().block_html(text) if "<img" in text else text

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _mathml(body, "block")

    def multiline_math(self, text: str) -> str:
        return _mathml(text.strip("$ \n"), "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def _mathml(formula: str, display: str) -> str:
    # The converter knows `split`, which looks the same. In HTML a formula needs no
    # namespace, and nbconvert would spell it out in headings.
    formula = formula.replace("{aligned}", "{split}")
    try:
        math = convert(formula, display=display)
    except Exception:  # the converter raises what it meets: show what was written
        return f"<code>{html.escape(formula)}</code>"
    math = re.sub(r' xmlns="[^"]*"', "", math)
    math = re.sub(rf"(?<=</m[in]>)(?={_FUNCTION})", _SPACE, math)
    return re.sub(
        rf"({_FUNCTION})(?=<m(?:i|n|frac|sup|sub|row|sqrt)\b)", rf"\1{_SPACE}", math
    )
