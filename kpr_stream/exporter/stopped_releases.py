"""Keep since when each release of an EPJ system is stopped. Pure.

Each lane stops a release for itself. A release is stopped here since its first lane stopped it.
"""

from __future__ import annotations

from kpr_stream.exporter.labels import version_label
from kpr_stream.exporter.releases import Release
from kpr_stream.model.release import ReleaseState
from kpr_stream.schemas import wire


class StoppedReleases:
    """The stopped releases of every lane, as the newest states say. Others are forgotten."""

    def __init__(self) -> None:
        self._stopped: dict[tuple[int, bytes], tuple[Release, float]] = {}

    def add(self, lane: int, key: bytes, value: bytes | None) -> None:
        """Take the newest state of a release in a lane; None: the lane has none any more."""
        state = None if value is None else ReleaseState.from_record(wire.decode("release", value))
        if state is None or state.stopped_since is None:
            self._stopped.pop((lane, key), None)
            return
        name = state.system.value, version_label(state.software_version)
        self._stopped[lane, key] = name, state.stopped_since / 1000

    def stopped(self) -> dict[Release, float]:
        """Return since when each is stopped, in seconds since 1970."""
        found: dict[Release, float] = {}
        for name, since in self._stopped.values():
            found[name] = min(since, found.get(name, since))
        return found
