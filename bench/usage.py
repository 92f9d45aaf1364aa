"""Read what a process and its children use: CPU time, memory, open files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from tests.integration.at_work import peak_bytes


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants; nothing if it has ended."""
    try:
        whole = psutil.Process(pid)
        return [whole, *whole.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the CPU time of processes so far."""
    return _total(processes, lambda one: float(sum(one.cpu_times()[:2])))


def peak_mb(processes: Iterable[psutil.Process]) -> float:
    """Return the sum of the peaks of processes so far."""
    return _total(processes, lambda one: peak_bytes(one.pid) / 1e6)


def memory_mb(processes: Iterable[psutil.Process]) -> float:
    """Return the memory of processes now; what several of them share counts once (PSS)."""
    return _total(processes, lambda one: _proportional_kb(one.pid) / 1e3)


def open_files(processes: Iterable[psutil.Process]) -> int:
    """Return the number of their open file descriptors."""
    return round(_total(processes, lambda one: one.num_fds()))


def folder_bytes(folder: Path) -> int:
    """Return the bytes that the files of a folder take on disk; files may come and go meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_blocks * 512 if path.is_file() else 0
    return size


def _proportional_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1])


def _total(processes: Iterable[psutil.Process], figure: Callable[[psutil.Process], float]) -> float:
    """Return the sum of a figure; a process that ends meanwhile has none."""
    found = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess, OSError, StopIteration):
            found += figure(one)
    return found
