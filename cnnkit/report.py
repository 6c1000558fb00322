"""A notebook as one HTML page that needs no network.

nbconvert's own page loads its scripts and its mathematics from elsewhere. This
one has no scripts at all: formulas become MathML, which browsers draw by
themselves, and pictures lie inside the page.
"""

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


def write_page(notebook: NotebookNode, path: Path, *, folder: Path) -> None:
    """Write the notebook as one HTML page.

    Args:
        notebook: the notebook with its outputs.
        path: the page to write, whole or not at all.
        folder: where the notebook lies; its pictures are looked up from there.
    """
    exporter = _Exporter(raw_template=_TEMPLATE, embed_images=True)
    resources = {"metadata": {"name": path.stem, "path": str(folder)}}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    with whole_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


class _Exporter(HTMLExporter):
    """nbconvert's exporter, with a renderer that draws formulas as MathML."""

    @pass_context
    def markdown2html(self, context: dict, source: str) -> str:
        renderer = _Renderer(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
        )
        return MarkdownWithMath(renderer=renderer).render(source)


class _Renderer(IPythonRenderer):
    """Markdown to HTML; LaTeX between dollars to MathML."""

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
    return re.sub(r' xmlns="[^"]*"', "", convert(formula, display=display))
