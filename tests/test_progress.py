import io
import sys

from cnnkit.epochs import EpochTable
from cnnkit.normalise import as_seen
from cnnkit.progress import Progress

LOGS = {
    "accuracy": 0.9467,
    "learning_rate": 0.00036,
    "loss": 0.17344,
    "val_accuracy": 0.9804,
    "val_loss": 0.0650,
}
TABLE = """\
  epoch      loss  accuracy  val_loss  val_accuracy  learning_rate
    1/2    0.1734   94.67 %    0.0650       98.04 %        0.00036
    2/2    0.1734   94.67 %    0.0650       98.04 %        0.00036
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def go(progress):
    progress.set_params({"epochs": 2, "steps": 3})
    progress.on_train_begin()
    for epoch in range(2):
        progress.on_epoch_begin(epoch)
        for batch in range(3):
            progress.on_train_batch_end(batch)
        progress.on_epoch_end(epoch, LOGS)
    progress.on_train_end()


def test_a_log_file_gets_a_table(capsys):
    go(Progress())
    captured = capsys.readouterr()
    assert captured.out == TABLE and captured.err == ""
    assert max(map(len, captured.out.splitlines())) < 80


def test_a_terminal_sees_a_bar_that_leaves_only_the_table(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    go(Progress())
    assert "epoch 1/2 |" in terminal.getvalue()
    assert as_seen(terminal.getvalue()) == TABLE


def test_the_bar_ends_where_the_epoch_does(monkeypatch):
    """With `steps_per_execution`, Keras numbers the last batch past the end."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    progress = Progress()
    progress.set_params({"epochs": 1, "steps": 3})
    progress.on_train_begin()
    progress.on_epoch_begin(0)
    progress.on_train_batch_end(9)
    assert progress._table._bar.n == 3
    progress.on_epoch_end(0, LOGS)


def test_a_second_run_prints_its_columns_again(capsys):
    progress = Progress()
    go(progress)
    go(progress)
    assert capsys.readouterr().out == 2 * TABLE


def test_a_metric_that_is_not_there_leaves_its_place_empty(capsys):
    table = EpochTable(epochs=2, batches=1)
    for epoch, logs in enumerate([LOGS, {"loss": 0.1, "learning_rate": 0.2}]):
        table.start(epoch)
        table.finish(logs)
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert len(first) == len(second) and second.split() == ["2/2", "0.1000", "0.2"]
