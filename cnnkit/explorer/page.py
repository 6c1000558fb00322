"""The page of an explorer: one text, out of the modules in the folder `page`.

The modules are plain JavaScript that Node and a browser can import as they are. One
page cannot import files, so each module becomes a function here, and what it exports
the fields of its answer. Nothing else is built.
"""

import html
import json
import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "page"
# Each after those that it imports.
_MODULES = (
    *("bends", "arithmetic", "told", "colours", "detail"),
    *("field", "network", "overview", "pad", "skeleton", "steering", "page"),
)
_IMPORT = re.compile(r'^import (\{[^}]+\}) from "\./(\w+)\.mjs";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.M)
_COMMENTS = ("//", "/*", "*")
_HEIGHT = 860  # pixels of the frame in a notebook; the page scrolls in it

# The page may fetch nothing from anywhere.
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>body {{ margin: 0 }} main {{ min-height: 100vh }}
{style}</style></head>
<body><main class="explorer"><noscript>This page needs JavaScript.</noscript></main>
<script type="application/json" id="payload">{payload}</script>
<script type="module">{code}
const payload = JSON.parse(document.getElementById("payload").textContent);
globalThis.explorer = await $page.show(document.querySelector("main"), payload);
</script></body></html>
"""


def page_of(payload: dict[str, object]) -> str:
    """Return the page that shows what `payload_of` returns."""
    text = json.dumps(payload, allow_nan=False, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":  # no name can end the script
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return _PAGE.format(
        title=html.escape(f"{payload['name']}, number by number"),
        style=_style(),
        payload=text,
        code=joined(),
    )


def framed(page: str, title: str, text: str, picture: str) -> str:
    """Return the page in a frame that keeps it apart from the notebook.

    Where frames are taken out, of a notebook that is not trusted or on GitHub, the
    picture that lies behind it is seen.

    Args:
        page: the whole page.
        title: of the frame.
        text: what the picture says, for those who cannot see it.
        picture: PNG, as base64.
    """
    seen = html.escape(text).replace("\n", "&#10;")
    return (
        f'<div style="position:relative;height:{_HEIGHT}px;overflow:hidden">'
        "<p>A picture of the explorer. Run the cell to point at its numbers.</p>"
        f'<img alt="{seen}" src="data:image/png;base64,{picture}" '
        'style="max-width:100%;max-height:800px">'
        f'<iframe sandbox="allow-scripts" title="{html.escape(title)}" style="'
        "position:absolute;top:0;left:0;width:100%;height:100%;border:0;"
        f'background:white" srcdoc="{html.escape(page)}"></iframe></div>'
    )


def joined() -> str:
    """Return all modules of the page as one, without their comments."""
    return "\n".join(map(_as_function, _MODULES))


def as_widget() -> tuple[str, str]:
    """Return the page as anywidget takes it: a module and its style."""
    modules = "\n".join(map(_as_function, [*_MODULES, "live"]))
    return f"{modules}\nexport default {{ render: $live.render }};\n", _style()


def _style() -> str:
    return (_FOLDER / "page.css").read_text(encoding="utf-8")


def _as_function(name: str) -> str:
    code = (_FOLDER / f"{name}.mjs").read_text(encoding="utf-8")
    code = _IMPORT.sub(r"const \1 = $\2;", code)
    names = [found[1] for found in _EXPORT.findall(code)]
    code = _EXPORT.sub(r"\1", code)
    lines = [line.strip() for line in code.splitlines()]
    kept = [line for line in lines if line and not line.startswith(_COMMENTS)]
    body = "\n".join(kept)
    answer = f"return {{ {', '.join(names)} }};"
    return f"const ${name} = (() => {{\n{body}\n{answer}\n}})();"
