import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnnkit import plots
from cnnkit.plots import lettering, style


@pytest.mark.parametrize(
    ("korean", "latin"),
    [
        ("합성곱", "hapseonggop"),
        ("특성 맵 3", "teukseong maep 3"),
        ("강아지 / 고양이 / 돼지", "gangaji / goyangi / dwaeji"),
        ("ReLU", "ReLU"),
    ],
)
def test_romanised_by_the_official_letters(korean, latin):
    assert lettering.romanised(korean) == latin


def test_without_a_font_korean_is_romanised(monkeypatch):
    monkeypatch.setattr(style, "korean_font", lambda: None)
    names = ["개", "고양이"]
    ax = plots.confusion_matrix(np.array([0, 1]), np.array([0, 1]), class_names=names)
    ax.figure.canvas.draw()  # a missing letter would warn, and warnings are errors
    assert [text.get_text() for text in ax.get_xticklabels()] == ["gae", "goyangi"]


def test_with_a_font_korean_stays(monkeypatch):
    monkeypatch.setattr(style, "korean_font", lambda: "Some Korean Font")
    _, ax = plt.subplots()
    ax.set_title("Latin")
    names = ["개", "고양이"]
    plots.confusion_matrix(np.array([0, 1]), np.array([0, 1]), class_names=names, ax=ax)
    labels = ax.get_xticklabels()
    assert [text.get_text() for text in labels] == names
    assert labels[0].get_fontfamily()[-1] == "Some Korean Font"
    assert "Some Korean Font" not in ax.title.get_fontfamily()


def test_the_font_found_has_hangul():
    family = lettering.korean_font()
    if family is None:
        pytest.skip("no Korean font here")
    figure = plt.figure()
    figure.text(0.5, 0.5, "합성곱", fontfamily=["DejaVu Sans", family])
    figure.canvas.draw()


def test_ink_by_contrast():
    """Yellow is light, blue is dark; the ratios are those of WCAG."""
    inks = [style.ink_on(c) for c in ((1, 1, 0), (0, 0, 1), (1, 1, 1, 1), (0, 0, 0))]
    assert inks == ["black", "white", "black", "white"]


def test_signed_limits():
    assert style.signed_limit(np.array([-3, 2, np.nan, np.inf])) == 3
    assert style.signed_limit(np.zeros(4)) == style.signed_limit(np.array([])) == 1
