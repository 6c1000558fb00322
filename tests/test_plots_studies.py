import numpy as np
import pytest

from cnnkit import plots

GROUPS = {"plain": [0.86, 0.88, 0.84], "dropout": [0.90, 0.91]}
POINTS = {"lenet5": (61_706, [0.94, 0.96]), "mlp": (669_706, 0.9)}


def test_a_row_for_each_group_and_a_dot_for_each_run():
    ax = plots.spread(GROUPS, xlabel="accuracy", title="500 digits")
    rows = [line.get_xydata().tolist() for line in ax.lines]
    assert rows == [[[0.86, 0], [0.88, 0], [0.84, 0]], [[0.90, 1], [0.91, 1]]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["plain", "dropout"]
    assert ax.get_xlabel() == "accuracy" and ax.get_title() == "500 digits"
    assert ax.yaxis_inverted()  # the first on top


def test_the_mean_is_marked_and_written():
    ax = plots.spread(GROUPS)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["0.8600", "0.9050", "mean"]
    uprights = [
        segment[:, 0].tolist()
        for lines in ax.collections
        for segment in lines.get_segments()
        if segment[0, 0] == segment[1, 0]
    ]
    assert np.allclose(uprights, [[0.86, 0.86], [0.905, 0.905]])


def test_one_run_is_a_group_too():
    assert len(plots.spread({"alone": [3]}).lines) == 1


@pytest.mark.parametrize(
    "groups", [{}, {"a": []}, {"a": [1, np.nan]}, {"a": ["x"]}, {"a": 1.0}]
)
def test_groups_that_are_none(groups):
    with pytest.raises(ValueError, match="Expected"):
        plots.spread(groups)


def test_cost_to_the_right_in_factors_and_score_upwards():
    ax = plots.trade_off(POINTS, cost="multiply-adds", score="accuracy")
    assert ax.get_xscale() == "log" and ax.get_yscale() == "linear"
    marks = [line.get_xydata()[0].tolist() for line in ax.lines]
    assert np.allclose(marks, [[61_706, 0.95], [669_706, 0.9]])
    assert [text.get_text() for text in ax.texts] == ["lenet5", "mlp"]
    assert ax.get_xlabel() == "multiply-adds (logarithmic)"
    ticks = [ax.xaxis.get_major_formatter()(cost) for cost in (5e3, 5e4, 2e6, 1e9)]
    assert ticks == ["5,000", "50k", "2M", "1G"]
    assert ax.get_ylabel() == "accuracy"


def test_every_model_has_a_mark_of_its_own():
    points = {f"m{i}": (10**i, 0.5) for i in range(1, 8)}
    assert len({line.get_marker() for line in plots.trade_off(points).lines}) == 7


@pytest.mark.parametrize(
    "points", [{}, {"a": (0, 1)}, {"a": (np.inf, 1)}, {"a": (3, [])}, {"a": (3, "x")}]
)
def test_points_that_are_none(points):
    with pytest.raises(ValueError, match="Expected"):
        plots.trade_off(points)
