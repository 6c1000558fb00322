"""Korean in figures: a font that has it, or the same words in Latin letters."""

import functools

from matplotlib import font_manager

# How the families with Hangul begin that systems bring along, the best first.
_FAMILIES = (
    *("Noto Sans CJK", "Noto Sans KR", "Source Han Sans", "NanumGothic", "Nanum"),
    *("Apple SD Gothic", "AppleGothic", "Malgun Gothic", "UnDotum", "Baekmuk"),
)
# Hangul syllables are numbered by their three parts, so a division takes one apart.
_FIRST, _COUNT = 0xAC00, 19 * 21 * 28
_STARTS = "g kk n d tt r m b pp s ss - j jj ch k t p h".split()
_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()
_ENDS = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split()


@functools.cache
def korean_font() -> str | None:
    """The family of an installed font that has Hangul; None when there is none."""
    fonts = sorted(font_manager.fontManager.ttflist, key=lambda font: font.name)
    for family in _FAMILIES:
        for font in fonts:
            if font.name.startswith(family) and _has_hangul(font.fname):
                return font.name
    return None


def _has_hangul(path: str) -> bool:
    try:
        return bool(font_manager.get_font(path).get_char_index(_FIRST))
    except (OSError, RuntimeError):  # removed since the list was made, or damaged
        return False


def romanised(text: str) -> str:
    """Write Hangul in Latin letters, one syllable after the other.

    The letters of Revised Romanization, without its changes between syllables.

    Example:
        >>> romanised("특성 맵 (feature map)")
        'teukseong maep (feature map)'
    """
    return "".join(_syllable(letter) for letter in text)


def has_hangul(text: str) -> bool:
    """Whether a Hangul syllable is in the text."""
    return any(0 <= ord(letter) - _FIRST < _COUNT for letter in text)


def _syllable(letter: str) -> str:
    number = ord(letter) - _FIRST
    if not 0 <= number < _COUNT:
        return letter
    start, rest = divmod(number, 21 * 28)
    vowel, end = divmod(rest, 28)
    return (_STARTS[start] + _VOWELS[vowel] + _ENDS[end]).replace("-", "")
