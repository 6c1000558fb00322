"""The explorer as a widget: any of many images, and the epochs of a training."""

from collections.abc import Sequence

import numpy as np

from cnnkit.errors import check_integer, expected
from cnnkit.explorer.explorer import explore
from cnnkit.explorer.page import as_widget
from cnnkit.features.images import as_batch
from cnnkit.runtime import keras

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise expected(
        "anywidget to be installed, for the explorer as a widget",
        error,
        advice='Run pip install "cnnkit[widget]" and restart the kernel; explore() '
        "shows the same page without it.",
        error=ImportError,
    ) from error

_MODULE, _STYLE = as_widget()


class LiveExplorer(anywidget.AnyWidget):
    """The page of `explore`, tied to Python. Made by `explore_live`.

    Pick an image by its number, in the page or by `live.index = 7`. Give
    `live.callback()` to a training, and pick an epoch by `live.epoch`.
    """

    _esm = _MODULE
    _css = _STYLE
    payload = traitlets.Dict().tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    """Which of the images is shown."""
    epochs = traitlets.List(traitlets.Int()).tag(sync=True)
    """The epochs whose weights are held, in the order in which they came."""
    epoch = traitlets.Int(0).tag(sync=True)
    """Which entry of `epochs` is shown."""

    def __init__(
        self,
        model: keras.Model,
        images: np.ndarray,
        captions: list[str],
        **told: object,
    ) -> None:
        self._model, self._told = model, told
        self._copy = keras.models.clone_model(model)
        self._weights: list[list[np.ndarray]] = []
        self._images, self._captions = images, captions
        super().__init__(count=len(images))
        self.refresh()
        self.observe(lambda change: self._show(), ["index", "epoch"])

    def refresh(self) -> None:
        """Take the weights that the model has now, and forget the epochs."""
        self.begin([])

    def begin(self, epochs: list[int]) -> None:
        """Hold the weights that the model has now, as the only ones; show them.

        Args:
            epochs: what `self.epochs` becomes: empty, or the one number of the epoch.
        """
        self._weights = [self._model.get_weights()]
        self.epochs = epochs
        self._turn_to(0)

    def callback(self) -> keras.callbacks.Callback:
        """A Keras callback: it holds the weights of each epoch, and shows them.

        Epoch 0 is before the training. A second training starts anew.
        """
        return _Epochs(self)

    def keep(self, epoch: int) -> None:
        """Hold the weights that the model has now, as those of an epoch; show them."""
        if not self.epochs:
            self._weights = []
        self._weights.append(self._model.get_weights())
        self.epochs = [*self.epochs, epoch]
        self._turn_to(len(self.epochs) - 1)

    def _turn_to(self, epoch: int) -> None:
        if epoch == self.epoch:
            self._show()
        else:
            self.epoch = epoch  # which shows it

    @traitlets.validate("index", "epoch")
    def _check(self, proposal: dict[str, object]) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        count = len(self._images if name == "index" else self._weights)
        return check_integer(name, value, minimum=0, maximum=max(count - 1, 0))

    def _show(self) -> None:
        """Run the image through the network as it was, and hand both to the page."""
        self._copy.set_weights(self._weights[self.epoch])
        image = self._images[self.index][np.newaxis]
        self.caption = self._captions[self.index]
        told = explore(self._copy, image, captions=[self.caption], **self._told)
        self.payload = told.payload()


class _Epochs(keras.callbacks.Callback):
    def __init__(self, live: LiveExplorer) -> None:
        super().__init__()
        self._live = live

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._live.begin([0])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._live.keep(epoch + 1)


def explore_live(
    model: keras.Model,
    images: np.ndarray,
    *,
    classes: Sequence[str] | None = None,
    captions: Sequence[str] | None = None,
    at: tuple[str, int | Sequence[int]] | None = None,
) -> LiveExplorer:
    """Explore a network as a widget, which asks Python for more.

    Needs anywidget: `pip install "cnnkit[widget]"`. Only the image that is looked at
    runs through the network, so `images` may be a whole test set.

    Args:
        model: a Sequential model, or a Functional one that is a chain.
        images: a batch `(N, H, W, C)`, or one image.
        classes: a name for each number of the last layer. Default: 0, 1, 2, …
        captions: a name for each image. Default: image 0, image 1, …
        at: the number that is shown first; see `explore`.

    Returns:
        A `LiveExplorer`: put it at the end of a cell.

    Raises:
        ImportError: anywidget is not installed.
        TypeError: `model` is no Keras model that is a chain of layers.
        ValueError: as `explore`.

    Example:
        >>> live = explore_live(model, mnist.test.images)
        >>> _ = train(model, mnist, callbacks=[live.callback()])

    Taught in: notebooks/13_feature_maps.ipynb
    """
    images = as_batch(model, images)
    if captions is None:
        captions = [f"image {i}" for i in range(len(images))]
    elif isinstance(captions, str) or len(captions) != len(images):
        raise expected(
            f"`captions` to be {len(images)} names", f"captions={captions!r}"
        )
    names = [str(one) for one in captions]
    return LiveExplorer(model, images, names, classes=classes, at=at)
