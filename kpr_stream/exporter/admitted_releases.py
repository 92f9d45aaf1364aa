"""Keep until when each release of an EPJ system is admitted on its certificate. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kpr_stream.exporter.labels import version_label
from kpr_stream.exporter.releases import Release
from kpr_stream.operate.release import last_days
from kpr_stream.schemas import wire

KEPT_S: Final = 30 * 86_400
"""How long an admission that is over keeps its series: its units may still send with it."""


class AdmittedReleases:
    """The last day of every admitted release, as the answers of all lanes say."""

    def __init__(self) -> None:
        self._days: dict[Release, str] = {}

    def add(self, value: bytes | None) -> None:
        """Take the answer to a command; None, and an answer to any other command, says nothing."""
        if value is None:
            return
        for (system, version), day in last_days([wire.decode("command_result", value)]).items():
            name = system, version_label(version)
            self._days[name] = max(day, self._days.get(name, day))

    def admitted(self, now: float) -> dict[Release, float]:
        """Return when each admission ends, in seconds since 1970: at the end of its last day."""
        found = {name: _end_of(day) for name, day in self._days.items()}
        return {name: end for name, end in found.items() if end > now - KEPT_S}


def _end_of(day: str) -> float:
    # Admission compares with the day in UTC.
    after = date.fromisoformat(day) + timedelta(days=1)
    return datetime.combine(after, time(0), UTC).timestamp()
