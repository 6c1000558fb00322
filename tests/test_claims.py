import configparser
import re

import numpy as np
import pytest
from conftest import ROOT

from cnnkit import claim


@pytest.mark.parametrize("holds", [True, np.bool_(True), np.float32(2) > 1])
def test_a_claim_that_holds_prints_one_fixed_line(holds, capsys):
    claim("accuracy is at least 98.5 %", holds)
    captured = capsys.readouterr()
    assert captured.out == "✓ accuracy is at least 98.5 %\n"
    assert captured.err == ""


@pytest.mark.parametrize("holds", [False, np.bool_(False)])
def test_a_claim_that_does_not_hold_raises_with_its_text(holds, capsys):
    with pytest.raises(AssertionError, match="does not hold: the loss fell"):
        claim("the loss fell", holds)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("holds", [1, None, "yes", np.array([True]), [True], 0.0])
def test_only_a_truth_value_is_taken(holds):
    with pytest.raises(TypeError, match="one truth value"):
        claim("something", holds)


@pytest.mark.parametrize("text", ["", "  ", None, True])
def test_a_claim_says_something(text):
    with pytest.raises(TypeError, match="`text` to be a sentence"):
        claim(text, True)


def test_a_claim_that_cannot_be_checked_says_why(capsys):
    claim("two lose what one loses", None, unless="JAX is not installed")
    line = capsys.readouterr().out
    assert (
        line == "– two lose what one loses (not checked here: JAX is not installed)\n"
    )


def test_without_a_reason_it_is_checked():
    with pytest.raises(AssertionError):
        claim("the loss fell", False, unless="")
    with pytest.raises(TypeError, match="`unless` to be a reason"):
        claim("the loss fell", True, unless=None)


def test_nbval_takes_it_for_one_that_holds(capsys):
    rules = configparser.ConfigParser()
    rules.read(ROOT / "tests" / "nbval.cfg", encoding="utf-8")
    rule = rules["claims that cannot be checked here"]
    claim("they agree to 1e-5", None, unless="JAX is not installed")
    claim("they agree to 1e-5", True)
    skipped, checked = capsys.readouterr().out.splitlines()
    assert re.sub(rule["regex"], rule["replace"], skipped) == checked
