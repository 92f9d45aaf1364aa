"""How long a run of conformance waits, unless its options say otherwise. Pure, and light."""

from __future__ import annotations

from typing import Final

RESEND_AFTER_S: Final = 4.0
"""How long a sender under test waits for a receipt: 120 s would make a run an hour long."""
PATIENCE_S: Final = 60.0
"""How long a run waits for something that must come: 15 times as long as a sender waits."""
