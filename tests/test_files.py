import pytest

from cnnkit.files import whole_file


def test_the_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "model.weights.h5"
    with whole_file(path) as partial:
        partial.write_text("half")
        assert not path.exists()
        assert partial.name.endswith(".weights.h5")
    assert path.read_text() == "half"
    assert [p.name for p in path.parent.iterdir()] == ["model.weights.h5"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        with whole_file(path) as partial:
            partial.write_text("ne")
            raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
