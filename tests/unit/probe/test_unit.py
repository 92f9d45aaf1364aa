"""Which unit the probe asks as."""

from __future__ import annotations

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.model.environment import Environment
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.probe.unit import SYNTHETIC_UNIT, probe_unit
from kpr_stream.settings import Settings
from kpr_stream.simulate.identifiers import org_nr

REAL = "983658776"


def settings(environment: Environment, unit: str) -> Settings:
    return Settings(environment=environment, probe_org_nr=unit)


def test_a_test_environment_has_a_unit_that_no_simulator_makes_and_production_refuses() -> None:
    assert probe_unit(settings(Environment.TEST, "")) == SYNTHETIC_UNIT
    assert is_org_nr(SYNTHETIC_UNIT, synthetic_too=True)
    assert not is_org_nr(SYNTHETIC_UNIT, synthetic_too=False)
    assert org_nr(0)[0] != SYNTHETIC_UNIT[0]


def test_a_number_that_is_set_is_used() -> None:
    for environment in Environment:
        assert probe_unit(settings(environment, REAL)) == REAL


@pytest.mark.parametrize(
    ("environment", "unit", "message"),
    [
        (Environment.PRODUCTION, "", "production accepts no synthetic"),
        (Environment.PRODUCTION, SYNTHETIC_UNIT, "not a valid org number"),
        (Environment.TEST, "983658777", "not a valid org number"),
    ],
)
def test_another_one_is_refused(environment: Environment, unit: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        probe_unit(settings(environment, unit))
