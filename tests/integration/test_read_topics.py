"""Reading topics as an operator: what is said where the login or the right is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from kpr_stream.errors import BrokerError, UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import COMMAND_RESULT, Role
from kpr_stream.operate.newest import newest
from kpr_stream.operate.quarantine.find import find_states
from kpr_stream.operate.quarantine.item import ItemFilter
from kpr_stream.settings import Settings


async def test_a_refused_login_is_told_as_such(clean_stack: Settings) -> None:
    access = replace(kafka_access(clean_stack, Role.OPERATOR), password=SecretStr("wrong"))
    with pytest.raises(BrokerError, match="refuses the login of operator"):
        await newest(access, COMMAND_RESULT, "command_result")


async def test_a_missing_right_is_told_at_once(clean_stack: Settings) -> None:
    access = kafka_access(clean_stack, Role.ANALYST)
    with pytest.raises(BrokerError, match="not allow analyst to read kpr"):
        await newest(access, COMMAND_RESULT, "command_result")


async def test_a_misspelt_rule_does_not_look_like_an_empty_quarantine(
    clean_stack: Settings,
) -> None:
    with pytest.raises(UsageError) as told:
        await find_states(clean_stack, ItemFilter(rule="START_MISING"))
    assert "START_MISSING" in told.value.what_to_do
    assert await find_states(clean_stack, ItemFilter(rule="START_MISSING")) == []
