import numpy as np
from given import Given


def one_cycle(step, steps, peak, start=1 / 25):
    rising = 0.3 * steps
    if step < rising:
        return peak * (start + (1 - start) * step / rising)
    return peak * 0.5 * (1 + np.cos(np.pi * (step - rising) / (steps - rising)))


def by_interpolation(step, steps, peak):
    top = 0.3 * steps
    if step <= top:
        return np.array(np.interp(step, [0, top], [peak / 25, peak]))
    return peak * np.cos(np.pi / 2 * (step - top) / (steps - top)) ** 2


def straight(step, steps, peak):
    return np.interp(step, [0, 0.3 * steps, steps], [peak / 25, peak, 0])


def one_cosine(step, steps, peak):
    if step < 0.3 * steps:
        return one_cycle(step, steps, peak)
    return peak * (1 + np.cos(np.pi * step / steps)) / 2


def a_hundredth_left(step, steps, peak):
    if step < 0.3 * steps:
        return one_cycle(step, steps, peak)
    return peak / 100 + 0.99 * one_cycle(step, steps, peak)


def rises_too_far(step, steps, peak):
    if step < 0.3 * steps:
        return peak / 25 + peak * step / (0.3 * steps)
    return one_cycle(step, steps, peak)


GIVEN = {
    "updates": Given(
        right=[860, np.int64(860)],
        wrong={
            "one_epoch": 430,
            "last_batch_left_out": 858,
            "not_rounded": [859.375, 859],
            "a_step_a_digit": 110_000,
        },
        other=[(256, "not it yet")],
    ),
    "normalised": Given(
        right=[np.array([-1, -1 / 3, -1 / 3, 5 / 3]), [-1, -0.33, -0.33, 1.67]],
        wrong={
            "only_centred": [[-3, -1, -1, 5]],
            "divided_by_variance": [[-0.33, -0.11, -0.11, 0.56]],
            "n_minus_1": [[-0.87, -0.29, -0.29, 1.44]],
        },
        other=[([0, 0.25, 0.25, 1], "4 of 4"), ([1, -0.33, -0.33, 1.67], "1 of 4")],
    ),
    "one_cycle": Given(
        right=[one_cycle, by_interpolation],
        wrong={
            "falls_straight": straight,
            "starts_at_0": lambda *given: one_cycle(*given, start=0),
            "one_cosine": one_cosine,
            "a_hundredth_left": a_hundredth_left,
            "rises_too_far": rises_too_far,
        },
        other=[
            (lambda step, steps, peak: peak, "the answer should be"),
            (lambda step, steps, peak: [step, peak], "the shape should be ()"),
        ],
    ),
    "fifty_steps": Given(
        right=["b", "B"],
        wrong={"larger_batches": "a", "gradients_added_up": "c"},
        other=[("e", "one of 'a'")],
    ),
    "shorter_epoch": Given(
        right=["a", " A "],
        wrong={"overhead": "b", "fewer_epochs": "c", "rate_costs_nothing": "d"},
        happened={
            "stride": 1.4,
            "steps_per_execution": 2.7,
            "batch normalisation": 5.5,
            "one cycle": 3.3,
        },
    ),
}
