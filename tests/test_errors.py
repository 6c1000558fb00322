import numpy as np
import pytest

from cnnkit.errors import check_choice, check_integer, check_number, expected


def test_expected_has_the_form_of_the_house():
    error = expected("`stride` to be a positive integer", "stride=0")
    assert type(error) is ValueError
    assert str(error) == (
        "Expected `stride` to be a positive integer. Received: stride=0."
    )


def test_expected_adds_advice_and_takes_a_class():
    error = expected("a file", "none", advice="Make one.", error=FileNotFoundError)
    assert type(error) is FileNotFoundError
    assert str(error) == "Expected a file. Received: none. Make one."


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(9)])
def test_check_integer_passes_integers_of_any_kind(value):
    checked = check_integer("size", value, minimum=1, maximum=9)
    assert checked == value and type(checked) is int


@pytest.mark.parametrize("value", [0, 10, -1])
def test_check_integer_refuses_what_is_out_of_range(value):
    with pytest.raises(ValueError, match=f"at least 1 and at most 9.*size={value}"):
        check_integer("size", value, minimum=1, maximum=9)


@pytest.mark.parametrize("value", [1.0, "1", None, True, [1]])
def test_check_integer_refuses_other_types(value):
    with pytest.raises(TypeError, match="`size` to be an integer"):
        check_integer("size", value, minimum=0)


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.25)])
def test_check_number_passes_numbers_in_range(value):
    assert check_number("rate", value, minimum=0, below=1) == value


@pytest.mark.parametrize("value", [-0.1, 1, float("nan"), float("inf")])
def test_check_number_refuses_what_is_out_of_range(value):
    with pytest.raises(ValueError, match="`rate` to be a number at least 0 and below"):
        check_number("rate", value, minimum=0, below=1)


def test_check_number_can_exclude_its_minimum():
    with pytest.raises(ValueError, match="above 0"):
        check_number("rate", 0, minimum=0, exclusive=True)


@pytest.mark.parametrize("value", ["0.5", None, True])
def test_check_number_refuses_other_types(value):
    with pytest.raises(TypeError):
        check_number("rate", value, minimum=0)


def test_check_choice_offers_the_nearest():
    assert check_choice("mode", "min", ["min", "max"]) == "min"
    with pytest.raises(ValueError, match="one of 'min', 'max'.*Did you mean 'min'"):
        check_choice("mode", "minimum", ["min", "max"])
    with pytest.raises(ValueError, match=r"Received: mode=3\.$"):
        check_choice("mode", 3, ["min", "max"])
