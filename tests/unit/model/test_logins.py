"""Every command has a row in the table of logins, and one login is enough for it."""

from __future__ import annotations

import pytest

from kpr_stream.embedded.credentials import ROLES
from kpr_stream.model.acls import PRINCIPALS
from kpr_stream.model.logins import NEEDS, NO_LOGIN, SYSTEM, logins_for
from kpr_stream.model.topics import Role
from kpr_stream.model.words import SYSTEMS
from tests.support.commands_of_app import command_paths

OPERATORS = [
    name for name, needs in NEEDS.items() if needs.principal in (Role.OPERATOR, Role.TOOLS)
]


def test_every_command_of_the_app_has_a_row_and_every_row_a_command() -> None:
    rows = {*NEEDS, *NO_LOGIN}
    without = [c for c in command_paths() if not any(r == c or r.startswith(f"{c} ") for r in rows)]
    assert without == []
    paths = set(command_paths())
    assert [r for r in rows if r not in paths and r.rpartition(" ")[0] not in paths] == []
    assert not set(NEEDS) & set(NO_LOGIN)


@pytest.mark.parametrize("command", [name for name, needs in NEEDS.items() if needs.principal])
def test_the_login_a_command_uses_has_enough_rights(command: str) -> None:
    needs = NEEDS[command]
    enough = logins_for(needs)
    assert set(SYSTEMS if needs.principal == SYSTEM else [needs.principal]) <= set(enough)
    assert set(enough) <= {str(principal) for principal in PRINCIPALS}


@pytest.mark.parametrize("command", OPERATORS)
def test_one_login_of_the_operators_is_enough_for_all_their_commands(command: str) -> None:
    assert Role.TOOLS in logins_for(NEEDS[command])


def test_nobody_who_only_reads_may_order_anything() -> None:
    ordering = [name for name, needs in NEEDS.items() if needs.writes]
    assert ordering
    assert not any(Role.OPERATOR in logins_for(NEEDS[name]) for name in ordering)


def test_every_database_role_of_the_table_exists() -> None:
    assert {needs.database for needs in NEEDS.values() if needs.database} <= set(ROLES)
