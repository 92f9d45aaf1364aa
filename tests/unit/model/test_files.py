"""Only regular files are read; a pipe is refused and not waited for."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from kpr_stream.model.files import read_regular_file


def test_a_file_and_a_link_to_it(tmp_path: Path) -> None:
    (file := tmp_path / "a").write_bytes(b"x")
    (link := tmp_path / "b").symlink_to(file)
    assert read_regular_file(file) == read_regular_file(link, most_bytes=1) == b"x"


def test_what_is_no_file_is_named_for_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (link := tmp_path / "link").symlink_to(pipe)
    for path, reason in {
        tmp_path: "folder",
        pipe: "named pipe",
        link: "named pipe",
        Path("/dev/zero"): "device",
        tmp_path / "none": "No such file",
        tmp_path / "zero\0byte": "zero byte",
        tmp_path / ("x" * 300): "too long",
    }.items():
        with pytest.raises(OSError) as caught:  # noqa: PT011 - its text is compared
            read_regular_file(path)
        assert reason in str(caught.value.strerror)


def test_a_socket() -> None:
    # A socket's path has at most some hundred bytes: no folder of pytest's.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as one:
        one.bind(f"{folder}/s")
        with pytest.raises(OSError) as caught:  # noqa: PT011 - as above
            read_regular_file(Path(folder) / "s")
        assert "socket" in str(caught.value.strerror)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    (file := tmp_path / "a").write_bytes(b"xy")
    with pytest.raises(OSError, match="it has 2 bytes; the limit is 1"):
        read_regular_file(file, most_bytes=1)
