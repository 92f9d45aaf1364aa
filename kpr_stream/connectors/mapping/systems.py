"""Return how the four EPJ systems differ, from their mapping tables (``tables/``).

The unit of a measure follows from the system, never from the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kpr_stream.connectors.mapping.profile import Clock, LengthUnit, Profile, WeightUnit
from kpr_stream.connectors.mapping.table import SystemTable, all_tables
from kpr_stream.errors import ConfigurationError
from kpr_stream.model.words import System


def profile_of(system: System) -> Profile:
    """Return how a system writes, without its codes (see ``local_codes``)."""
    return _profiles()[system]


@cache
def _profiles() -> Mapping[System, Profile]:
    """Return all profiles, read once: a table that is wrong stops every start."""
    return {system: _profile(table) for system, table in all_tables().items()}


def _profile(table: SystemTable) -> Profile:
    habits = table.habits
    try:
        return Profile(
            system=table.system,
            weight_unit=WeightUnit[habits.weight_unit.value.upper()],
            length_unit=LengthUnit[habits.length_unit.value.upper()],
            day_first_dates=habits.day_first_dates.value,
            clock=Clock(habits.clock.value),
            ids_as_numbers=habits.ids_as_numbers.value,
            decimal_comma=habits.decimal_comma.value,
            many_units=habits.many_units.value,
        )
    except (KeyError, ValueError) as cause:
        raise ConfigurationError(
            f"The mapping table {table.system}.toml of this package cannot be used: "
            f"{cause.args[0]} is not a unit or a clock.",
            what_to_do="Write one of the words in kpr_stream/connectors/mapping/profile.py.",
        ) from None
