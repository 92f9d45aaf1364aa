"""Take the name of a worker, or of all workers of one command, on this machine."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.errors import NameTakenError
from kpr_stream.process.folders import make_folder
from kpr_stream.process.lock import take_lock
from kpr_stream.settings import Settings

WHAT_TO_DO = "Give each worker of a machine a name of its own (--instance or KPR_INSTANCE)."


def take_name(settings: Settings) -> int:
    """Take the worker's name on this machine until the process ends; NameTakenError if in use.

    Before the worker joins the group: joining would take lanes from the other worker, and fence
    it. Returns the descriptor of the lock.
    """
    path = ledger_folder(settings) / f"{settings.instance}.lock"
    return _take(path, f"A worker named {settings.instance} already runs on this machine")


def take_name_of_many(settings: Settings, name: str) -> int:
    """Take the name that several workers share, ``name``-1 and so on, as ``take_name`` does."""
    path = ledger_folder(settings) / f"{name}.processes.lock"
    return _take(path, f"Workers named {name}-1 and so on already run on this machine")


def ledger_folder(settings: Settings) -> Path:
    """Return the folder of this machine's ledgers; it is made if it does not exist."""
    folder = settings.ledger_dir or settings.home / "ledger"
    make_folder(folder)
    return folder


def _take(path: Path, who_runs: str) -> int:
    make_folder(path.parent)
    held = take_lock(path)
    if held is None:
        raise NameTakenError(
            f"{who_runs}: another process holds it ({path}).", what_to_do=WHAT_TO_DO
        )
    return held
