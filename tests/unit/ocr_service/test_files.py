"""Files are replaced in one step."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocr_service.files import write_atomically


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=100), min_size=1, max_size=4))
def test_the_last_content_is_there_and_no_temporary_file(tmp_path: Path, contents: list[bytes]) -> None:
    path = tmp_path / "a folder" / "file.bin"
    for content in contents:
        write_atomically(path, content)
    assert path.read_bytes() == contents[-1]
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    folder = tmp_path / "in the way"
    folder.mkdir()
    (folder / "inside").write_bytes(b"old")
    with pytest.raises(OSError, match="directory"):
        write_atomically(folder, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["in the way"]
    assert (folder / "inside").read_bytes() == b"old"


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"
