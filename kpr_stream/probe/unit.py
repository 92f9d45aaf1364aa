"""Choose the unit that the probe asks as. Pure."""

from __future__ import annotations

from typing import Final

from kpr_stream.errors import ConfigurationError
from kpr_stream.model.environment import Environment
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.settings import Settings

SYNTHETIC_UNIT: Final = "299999904"
"""Of Tenor's series, which production refuses; the simulators use another one."""
NO_MUNICIPALITY: Final = "9999"
"""Statistics Norway's code for a municipality that is not stated."""


def probe_unit(settings: Settings) -> str:
    """Return the org number; ConfigurationError if it is missing or not valid here."""
    test = settings.environment is Environment.TEST
    unit = settings.probe_org_nr or (SYNTHETIC_UNIT if test else "")
    if is_org_nr(unit, synthetic_too=test):
        return unit
    raise ConfigurationError(
        "KPR_PROBE_ORG_NR is not a valid org number."
        if unit
        else "The probe has no org number, and production accepts no synthetic one.",
        what_to_do="Set KPR_PROBE_ORG_NR to the register's own org number: never to that of a unit "
        "that reports, whose connector would be held.",
    )


def reporting_unit(org_nr: str, expected_sequence: int) -> ConfigurationError:
    """Return the error of a probe that asks as a unit that has delivered."""
    return ConfigurationError(
        f"KPR_PROBE_ORG_NR={org_nr} reports itself: the receiver expects its delivery "
        f"{expected_sequence}.",
        what_to_do="Set the register's own org number. Look at the unit with `kpr-stream unit "
        "show`: its connector may hold it, because another sender has asked for it.",
    )
