"""From when on something is wrong. The alerts are made from the same limits."""

from __future__ import annotations

from typing import Final

MINUTE_S: Final = 60
DAY_S: Final = 86_400

STALE_S: Final = 10 * MINUTE_S
"""An exporter whose last reading is older sees nothing."""
WAITS_S: Final = 15 * MINUTE_S
"""A delivery without a receipt."""
PROBE_S: Final = 5 * MINUTE_S
"""The last answer to a hello: five in a row had none."""
SINK_S: Final = 10 * MINUTE_S
"""A record that is no row yet, and the last commit of a sink that has such records."""
PROJECTOR_S: Final = 10 * MINUTE_S
"""A record that is not on the analysts' topic yet, and the last commit of a projector that has such
records."""
KEY_S: Final = 30 * DAY_S
"""The time that a key has left."""
ADMISSION_S: Final = 30 * DAY_S
"""The time that the admission of a release has left: a vendor needs weeks for the next one."""
QUARANTINE_S: Final = 60 * DAY_S
"""A rejected item without a decision; its content is deleted after 90 days."""
FREE_SHARE: Final = 0.15
"""Of a disk."""
SILENT_SHARE: Final = 0.5
"""A system with more silent units of those that are expected is silent itself."""
FEWEST_UNITS: Final = 10
"""Of a smaller system the units are named instead."""
