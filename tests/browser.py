"""A real browser for the tests of the explorer, where there is one."""

import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="no browser here: chromium is not found"
)


class Watched:
    """A page opened from disk, without a network; it notes what goes wrong."""

    def __init__(self, browser, path, *, wait=".result", **options):
        context = browser.new_context(offline=True, **options)
        self.page, self.wrong, self.asked = context.new_page(), [], []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.wrong.append(said.text) if said.type == "error" else None,
        )
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(wait)

    def text(self):
        return self.page.eval_on_selector("pre", "pre => pre.textContent")

    def close(self):
        assert self.wrong == [] and len(self.asked) == 1
        self.page.context.close()
