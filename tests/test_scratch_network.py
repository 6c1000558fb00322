import io
import json
import math
import sys

import keras
import numpy as np
import pytest

from cnnkit import models, scratch
from cnnkit.normalise import as_seen


def small(seed=0, dtype="float64"):
    """One of each layer that has something to get wrong on the way back."""
    return scratch.Network(
        [
            scratch.Conv2D(3, 3, padding="same", strides=(2, 1)),
            scratch.LeakyReLU(0.1),
            scratch.LpPooling2D(2, strides=1, p=3),
            scratch.Conv2D(4, 2, dilation_rate=2),
            scratch.Tanh(),
            scratch.MaxPooling2D(2, padding="same"),
            scratch.Conv2D(4, 1, padding=1),
            scratch.Sigmoid(),
            scratch.AveragePooling2D((2, 1)),
            scratch.Flatten(),
            scratch.Dropout(0.3),
            scratch.Dense(6),
            scratch.ReLU(),
            scratch.Dense(3),
        ],
        input_shape=(8, 7, 2),
        dtype=dtype,
        seed=seed,
    )


def test_every_weight_of_every_layer_learns_by_its_gradient(rng):
    network = small()
    images, labels = rng.standard_normal((3, 8, 7, 2)), np.array([0, 2, 1])
    # The same seed draws the same dropout each time.
    loss, gradients, logits = network.loss_and_gradients(images, labels, seed=5)
    assert np.isclose(loss, scratch.softmax_cross_entropy(logits, labels))
    for weights, gradient in zip(network.weights, gradients, strict=True):
        before = weights.copy()

        def loss_with(values, weights=weights):
            weights[...] = values
            return network.loss_and_gradients(images, labels, seed=5)[0]

        assert scratch.check_gradient(loss_with, before, gradient)
        weights[...] = before


def test_a_network_of_global_averages_learns_too(rng):
    layers = [scratch.Conv2D(3, 3), scratch.GlobalAveragePooling2D()]
    network = scratch.Network(layers, input_shape=(6, 6, 1), dtype="float64")
    x, y = rng.standard_normal((2, 6, 6, 1)), [0, 2]
    kernel = network.weights[0]

    def loss_with(values):
        kernel[...] = values
        return network.loss_and_gradients(x, y)[0]

    _, (gradient, _), _ = network.loss_and_gradients(x, y)
    assert scratch.check_gradient(loss_with, kernel.copy(), gradient)


@pytest.fixture(scope="module")
def trained(few):
    network = scratch.simple_cnn(seed=1)
    optimizer = scratch.Adam(0.003)
    history = network.fit(
        *few.train,
        epochs=6,
        batch_size=32,
        optimizer=optimizer,
        validation_data=few.validation,
        progress=False,
    )
    return network, history


def test_the_weights_give_the_same_predictions_in_keras(trained, few):
    network, _ = trained
    model = models.simple_cnn()
    assert network.count_params() == model.count_params() == 38_390
    model.set_weights(network.get_weights())
    theirs = model.predict(few.test.images, verbose=0)
    ours = network.predict(few.test.images)
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-5
    back = scratch.simple_cnn(seed=2)
    back.set_weights(model.get_weights())
    assert np.array_equal(back.predict(few.test.images), ours)


def test_training_learns_and_history_tells_it(trained, few):
    network, history = trained
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 6 for values in history.values())
    assert history["accuracy"][-1] > 0.9 > 0.7 > history["accuracy"][0]
    loss, accuracy = network.evaluate(*few.validation)
    assert np.isclose(loss, history["val_loss"][-1])  # other batches, other rounding
    assert accuracy == history["val_accuracy"][-1]
    right = network.predict(few.validation.images).argmax(axis=1)
    assert np.isclose((right == few.validation.labels).mean(), accuracy)
    small_batches = network.evaluate(*few.validation, batch_size=7)
    assert np.allclose(small_batches, (loss, accuracy), rtol=1e-4)


def test_an_untrained_network_knows_nothing(few):
    loss, accuracy = scratch.simple_cnn().evaluate(*few.test)
    assert abs(loss - math.log(10)) < 0.3 and accuracy < 0.35


def test_it_learns_a_hundred_images_by_heart(few):
    network = scratch.simple_cnn()
    images, labels = few.train.images[:100], few.train.labels[:100]
    options = {"epochs": 40, "batch_size": 25, "optimizer": scratch.Adam(0.003)}
    history = network.fit(images, labels, **options, progress=False)
    assert history["accuracy"][-1] == 1


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (scratch.SGD(0.1), keras.optimizers.SGD(0.1)),
        (scratch.SGD(0.05, momentum=0.9), keras.optimizers.SGD(0.05, momentum=0.9)),
        (scratch.Adam(0.01), keras.optimizers.Adam(0.01)),
        (
            scratch.Adam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-3),
            keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.9, epsilon=1e-3),
        ),
    ],
)
def test_optimisers_move_weights_as_those_of_keras(ours, theirs, rng):
    start = [rng.standard_normal(shape).astype(np.float32) for shape in ((3, 4), (4,))]
    weights = [array.copy() for array in start]
    variables = [keras.Variable(array) for array in start]
    for _ in range(6):
        gradients = [rng.standard_normal(w.shape).astype(np.float32) for w in start]
        ours.update(weights, gradients)
        theirs.apply(gradients, variables)
    for weight, variable in zip(weights, variables, strict=True):
        assert weight.dtype == np.float32
        assert np.allclose(weight, variable.numpy(), atol=1e-6)


def test_training_steps_are_those_of_keras(few):
    # 80 examples in batches of 32: the last batch is smaller.
    images, labels = few.train.images[:80], few.train.labels[:80]
    network, model = scratch.simple_cnn(), models.simple_cnn()
    model.set_weights(network.get_weights())
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    order = np.random.default_rng(7).permutation(80)  # as `fit` draws it
    history = model.fit(
        *(images[order], labels[order]), batch_size=32, shuffle=False, verbose=0
    ).history
    ours = network.fit(
        *(images, labels),
        batch_size=32,
        optimizer=scratch.SGD(0.05, momentum=0.9),
        seed=7,
        progress=False,
    )
    for weights, theirs in zip(network.weights, model.get_weights(), strict=True):
        assert np.allclose(weights, theirs, atol=1e-5)
    assert np.isclose(ours["loss"][0], history["loss"][0], rtol=1e-5)
    assert np.isclose(ours["accuracy"][0], history["accuracy"][0])
    score = model.evaluate(images[:50], labels[:50], batch_size=32, verbose=0)
    assert np.allclose(network.evaluate(images[:50], labels[:50]), score, rtol=1e-5)
    uneven = network.evaluate(images[:50], labels[:50], batch_size=49)
    assert np.allclose(uneven, score, rtol=1e-5)


def test_the_rate_can_fall(rng):
    rates = []

    def falling(step):
        rates.append(step)
        return scratch.linear_decay(0.1, 2)(step)

    for make in (scratch.SGD, scratch.Adam):
        rates.clear()
        optimizer, weights = make(falling), [np.ones(1)]
        moved = []
        for _ in range(4):
            before = weights[0].copy()
            optimizer.update(weights, [np.ones(1)])
            moved.append(float(np.abs(weights[0] - before)[0]))
        assert rates[-4:] == [0, 1, 2, 3]
        assert moved[0] > moved[1] > moved[2] == moved[3] == 0


def test_the_same_seed_trains_the_same(few):
    def run(weights_seed, fit_seed):
        network = small_digits(weights_seed)
        network.fit(*few.train, batch_size=64, seed=fit_seed, progress=False)
        return network.weights[0]

    def small_digits(seed):
        layers = [scratch.Flatten(), scratch.Dropout(0.2), scratch.Dense(10)]
        return scratch.Network(layers, seed=seed)

    assert np.array_equal(run(0, 0), run(0, 0))
    assert not np.array_equal(run(0, 0), run(1, 0))
    assert not np.array_equal(run(0, 0), run(0, 1))


def test_dropout_is_off_when_the_network_is_used(few):
    plain = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    layers = [scratch.Flatten(), scratch.Dropout(0.5), scratch.Dense(10)]
    network = scratch.Network(layers)
    plain.set_weights(network.get_weights())
    images = few.test.images[:5]
    assert np.array_equal(network.predict(images), plain.predict(images))
    assert network.evaluate(*few.test) == plain.evaluate(*few.test)


def test_every_batch_is_silenced_in_another_way(few):
    layers = [scratch.Flatten(), scratch.Dropout(0.5), scratch.Dense(10)]
    network, masks = scratch.Network(layers), []

    class Watching(scratch.SGD):
        def update(self, weights, gradients):
            masks.append(layers[1].remembered()[0])

    network.fit(*few.train, batch_size=128, optimizer=Watching(0.1), progress=False)
    assert len(masks) == 4
    assert not any(np.array_equal(masks[0], other) for other in masks[1:])


def test_initial_weights_have_the_spread_of_keras():
    network, model = scratch.simple_cnn(), models.simple_cnn()
    for ours, theirs in zip(network.weights, model.get_weights(), strict=True):
        assert ours.shape == theirs.shape and ours.dtype == np.float32
        if ours.ndim > 1:
            limit = np.abs(theirs).max()
            assert np.isclose(np.abs(ours).max(), limit, rtol=0.05)
            assert np.isclose(ours.std(), limit / 3**0.5, rtol=0.1)
        else:
            assert not ours.any()


def test_a_network_comes_back_from_its_file(trained, few, tmp_path):
    network, _ = trained
    path = tmp_path / "runs" / "digits.npz"
    network.save(path)
    again = scratch.Network.load(path)
    assert repr(again.layers) == repr(network.layers)
    images = few.test.images[:10]
    assert np.array_equal(again.predict(images), network.predict(images))
    assert [file.name for file in path.parent.iterdir()] == ["digits.npz"]


def test_every_option_comes_back_from_a_file(tmp_path):
    network = small()
    network.save(tmp_path / "odd.name")
    again = scratch.Network.load(tmp_path / "odd.name")
    assert again.dtype == np.float64 and again.input_shape == (8, 7, 2)
    for ours, theirs in zip(network.layers, again.layers, strict=True):
        # JSON knows lists and no tuples.
        assert json.dumps(ours.options) == json.dumps(theirs.options)
    x = np.random.default_rng(0).random((2, 8, 7, 2))
    assert np.array_equal(network.predict(x), again.predict(x))


def test_numpy_numbers_and_infinity_can_be_saved(tmp_path):
    layers = [
        scratch.LpPooling2D(np.int64(2), p=math.inf),
        scratch.Flatten(),
        scratch.Dense(np.int32(2)),
    ]
    scratch.Network(layers, input_shape=(4, 4, 1)).save(tmp_path / "n.npz")
    again = scratch.Network.load(tmp_path / "n.npz")
    assert again.layers[0].p == math.inf and again.layers[2].units == 2


@pytest.mark.parametrize("keep", [0.3, 0.99])
def test_a_damaged_file_is_told(trained, tmp_path, keep):
    path = tmp_path / "digits.npz"
    trained[0].save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ValueError, match="whole npz file"):
        scratch.Network.load(path)


def test_another_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        scratch.Network.load(tmp_path / "nothing.npz")
    for arrays in (
        {"a": np.zeros(2)},
        {"network": np.array("{}")},
        {"network": np.array("3")},
        {"network": np.array('"a"')},
        {"network": np.array('{"layers": [["Conv3D", {}]]}')},
        {"network": np.array('{"layers": [["Dense", {"size": 3}]]}')},
    ):
        np.savez(tmp_path / "other.npz", **arrays)
        with pytest.raises(ValueError, match="saved by scratch.Network.save"):
            scratch.Network.load(tmp_path / "other.npz")


def test_a_save_that_fails_leaves_the_old_file(trained, tmp_path, monkeypatch):
    path = tmp_path / "digits.npz"
    trained[0].save(path)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        trained[0].save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_the_summary_says_shapes_and_parameters(capsys):
    scratch.simple_cnn().summary()
    told = capsys.readouterr().out
    for line in ("24 × 24 × 10", "12 × 12 × 10", "8 × 8 × 20", "320", "5,020"):
        assert line in told
    assert told.splitlines()[-1].split() == ["in", "all", "38,390"]


def test_progress_is_a_table_on_stdout(few, capsys, monkeypatch):
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    options = {"epochs": 2, "validation_data": few.validation}
    network.fit(*few.train, **options)
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    header = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert lines[0].split() == header and len(lines) == 3 and captured.err == ""
    network.fit(*few.train, **options, progress=False)
    assert capsys.readouterr().out == ""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    network.fit(*few.train, epochs=1)
    shown = sys.stdout.getvalue()
    assert "epoch 1/1 |" in shown and len(as_seen(shown).splitlines()) == 2


def test_an_interruption_closes_the_bar_and_keeps_the_weights(few, monkeypatch):
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    before = network.get_weights()

    def rate(step):
        if step == 2:
            raise KeyboardInterrupt
        return 0.01

    with pytest.raises(KeyboardInterrupt):
        network.fit(*few.train, batch_size=64, optimizer=scratch.SGD(rate))
    assert not np.array_equal(network.weights[0], before[0])
    assert np.isfinite(network.weights[0]).all()


def test_nan_is_not_hidden(few):
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    images = few.train.images.copy()
    images[0, 0, 0, 0] = np.nan
    history = network.fit(images, few.train.labels, progress=False)
    assert np.isnan(history["loss"][0])


def test_integers_are_converted_batch_by_batch(few):
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    bytes_ = (255 * few.test.images).round().astype(np.uint8)
    ours = network.predict(bytes_)
    assert np.array_equal(ours, network.predict(bytes_.astype(np.float32)))
    assert network.predict(few.test.images.astype(np.float64)).dtype == np.float32


@pytest.mark.parametrize(
    ("layers", "options", "error", "message"),
    [
        ([], {}, ValueError, "a list of at least one layer"),
        (scratch.Dense(3), {}, ValueError, "a list of at least one layer"),
        ([scratch.Flatten()], {"input_shape": 28}, ValueError, "input_shape=28"),
        ([scratch.Flatten()], {"input_shape": (1, 1, 1)}, ValueError, "two classes"),
        ([scratch.Conv2D(3)], {}, ValueError, "an output of shape (26, 26, 3)"),
        ([scratch.Dense(3)], {}, ValueError, "Put a Flatten() before it"),
        ([scratch.Conv2D(3, 30)], {}, ValueError, "layer 1, Conv2D(filters=3"),
        (
            [scratch.Flatten(), scratch.Conv2D(3)],
            {},
            ValueError,
            "Conv2D to be (H, W, C)",
        ),
        ([scratch.relu], {}, TypeError, "layer 1 to be a layer"),
        ([scratch.Flatten], {}, TypeError, "layer 1 to be a layer"),
        (
            [scratch.Flatten(), scratch.Dense(3)],
            {"dtype": "float16"},
            ValueError,
            "dtype",
        ),
        ([scratch.Flatten()], {"input_shape": (0, 2, 1)}, ValueError, "input_shape=0"),
    ],
)
def test_bad_networks_are_told(layers, options, error, message):
    with pytest.raises(error) as caught:
        scratch.Network(layers, **options)
    assert message in str(caught.value)


def test_a_layer_belongs_to_one_place():
    relu = scratch.ReLU()
    with pytest.raises(ValueError, match="layer 3 to be new"):
        scratch.Network([relu, scratch.Flatten(), relu, scratch.Dense(2)])
    dense = scratch.Dense(2)
    with pytest.raises(ValueError, match=r"Put a Flatten\(\) before it"):
        scratch.Network([dense])
    scratch.Network([scratch.Flatten(), dense])  # a failure takes no layer
    with pytest.raises(ValueError, match="layer 2 to be new"):
        scratch.Network([scratch.Flatten(), dense])


def test_layers_alone_say_what_they_lack():
    with pytest.raises(ValueError, match="Conv2D.* to have weights"):
        scratch.Conv2D(3).forward(np.zeros((1, 8, 8, 1)))
    with pytest.raises(ValueError, match="Dense.* to have weights"):
        scratch.Dense(3).forward(np.zeros((1, 8)))
    for layer in (scratch.ReLU(), scratch.Dropout(0.5), scratch.Flatten()):
        with pytest.raises(ValueError, match=r"forward\(x, rng\) before backward"):
            layer.backward(np.zeros((1, 8)))


def test_a_network_prints_as_its_layers():
    network = scratch.Network([scratch.Flatten(), scratch.Dense(units=10)])
    lines = repr(network).splitlines()
    assert [line.strip() for line in lines[1:3]] == ["Flatten(),", "Dense(units=10),"]
    assert lines[3] == "], input_shape=(28, 28, 1), dtype='float32')"


def test_bad_options_of_layers_and_optimisers_are_told():
    for make, message in (
        (lambda: scratch.Conv2D(0), "filters=0"),
        (lambda: scratch.Dense(0), "units=0"),
        (lambda: scratch.Dropout(1), "rate=1"),
        (lambda: scratch.LeakyReLU(-1), "negative_slope=-1"),
        (lambda: scratch.simple_cnn(num_classes=0), "num_classes=0"),
        (lambda: scratch.SGD(0), "learning_rate=0"),
        (lambda: scratch.SGD(0.1, momentum=1), "momentum=1"),
        (lambda: scratch.Adam(-1), "learning_rate=-1"),
        (lambda: scratch.Adam(lambda step: -1), "learning_rate(0)=-1"),
        (lambda: scratch.Adam(beta_1=1), "beta_1=1"),
        (lambda: scratch.Adam(epsilon=0), "epsilon=0"),
        (lambda: scratch.linear_decay(0.1, 0), "steps=0"),
    ):
        with pytest.raises(ValueError) as caught:
            make()
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"images": np.zeros((4, 27, 28, 1))}, ValueError, "(N, 28, 28, 1)"),
        ({"images": np.zeros((0, 28, 28, 1)), "labels": []}, ValueError, "one image"),
        ({"labels": [0, 1, 2]}, ValueError, "one label for each of the 4"),
        ({"labels": [0, 1, 2, 10]}, ValueError, "from 0 to 9"),
        ({"labels": [0.0, 1, 2, 3]}, TypeError, "`labels` to be integers"),
        ({"epochs": 0}, ValueError, "epochs=0"),
        ({"batch_size": 0}, ValueError, "batch_size=0"),
        ({"optimizer": "rmsprop"}, ValueError, "optimizer='rmsprop'"),
        ({"seed": "x"}, TypeError, "`seed` to be an integer"),
        ({"images": [[1, 2], [3]]}, ValueError, "`images` to be an array of numbers"),
        (
            {"validation_data": (np.full((1, 28, 28, 1), "a"), [0])},
            TypeError,
            "`images` to be an array of numbers",
        ),
        ({"validation_data": 3}, TypeError, "`validation_data` to be (images, labels)"),
        (
            {"validation_data": (np.zeros((1, 28, 28, 1)), [11])},
            ValueError,
            "from 0 to 9",
        ),
    ],
)
def test_bad_training_is_told_before_it_starts(changes, error, message):
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    before = network.get_weights()
    options = {"images": np.zeros((4, 28, 28, 1)), "labels": [0, 1, 2, 3], **changes}
    images, labels = options.pop("images"), options.pop("labels")
    with pytest.raises(error) as caught:
        network.fit(images, labels, **options, progress=False)
    assert message in str(caught.value)
    assert all(map(np.array_equal, before, network.weights))


def test_an_optimiser_keeps_to_its_network():
    optimizer = scratch.Adam()
    x, y = np.zeros((2, 28, 28, 1)), [0, 1]
    first, other = (
        scratch.Network([scratch.Flatten(), scratch.Dense(10)]) for _ in range(2)
    )
    for _ in range(2):  # it goes on where it was
        first.fit(x, y, optimizer=optimizer, progress=False)
    with pytest.raises(ValueError, match="Make a new optimiser"):
        other.fit(x, y, optimizer=optimizer, progress=False)


@pytest.mark.parametrize("make", [scratch.SGD, scratch.Adam])
def test_gradients_of_other_shapes_move_nothing(make):
    weights = [np.ones((2, 2)), np.ones(2)]
    for gradients in ([np.ones((2, 2))], [np.ones(2), np.ones(2)]):
        with pytest.raises(ValueError, match="gradients of the shapes"):
            make().update(weights, gradients)
    assert all((array == 1).all() for array in weights)


class Doubled(scratch.ReLU):
    """A layer of one's own."""


def test_a_layer_of_ones_own_is_not_saved_in_vain(tmp_path):
    layers = [scratch.Flatten(), Doubled(), scratch.Dense(2)]
    with pytest.raises(ValueError, match="a Doubled"):
        scratch.Network(layers).save(tmp_path / "n.npz")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_do_not_fit_change_nothing():
    network = scratch.Network([scratch.Flatten(), scratch.Dense(10)])
    before = network.get_weights()
    with pytest.raises(ValueError, match="a list of arrays"):
        network.set_weights(3)
    for wrong in ([], [np.zeros((784, 10))], [np.zeros((784, 10)), np.zeros(9)]):
        with pytest.raises(ValueError, match="weights of the shapes"):
            network.set_weights(wrong)
    assert all(map(np.array_equal, before, network.weights))
    copies = network.get_weights()
    copies[0][...] = 7
    assert not (network.weights[0] == 7).any()
