"""A link's life on the real stack: from an item to the database, withdrawn, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kpr_stream.keys.access import keyring
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.at_work import at_work, command_line, units_of_lane
from tests.integration.sinks.conftest import Database
from tests.support.deliveries import consultation, synthetic_id

SYSTEM = System.EG_INFODOC
ITEM = consultation(1)
DNR = synthetic_id(ITEM["birth_date"], 3, day_plus=40)
WHY = ("--reason", "Twins, the unit says.")


async def test_a_link_is_stored_withdrawn_and_seen(
    clean_stack: Settings, database: Database, tmp_path: Path
) -> None:
    units = units_of_lane(1, 1) + units_of_lane(4, 1)
    names = keyring(clean_stack).pseudonyms
    fnr_key = names.person_key(IdKind.FNR, ITEM["fnr"]).hex()
    dnr_key = names.person_key(IdKind.DNR, DNR).hex()
    async with at_work(clean_stack, tmp_path, group="kpr-hst-links") as work:

        async def sends(unit: str, sequence: int, item: dict[str, Any]) -> None:
            one = work.vendors.delivery([item], system=SYSTEM, org_nr=unit, sequence=sequence)
            (answer,) = await work.receipts.of(*await work.vendors.send(one))
            assert answer["status"] == "processed"

        async def stored() -> tuple[bool, bool, int, int]:
            code, _, told = await command_line(clean_stack, "sink", "identity", "--until-caught-up")
            assert code == 0, told
            (row,) = await database.fetch(
                "identity_sink",
                "SELECT * FROM identity.person_link WHERE 'same_item' = ANY(evidence)",
            )
            return (
                row["stands"],
                row["withdrawn_by_operator"],
                row["evidence_standing"],
                row["evidence_withdrawn"],
            )

        for unit in units:
            await sends(unit, 1, ITEM | {"dnr": DNR})
        assert await stored() == (True, False, 2, 0)
        await sends(units[0], 2, ITEM)
        assert await stored() == (True, False, 1, 1)

        code, shown, _ = await command_line(clean_stack, "link", "show", dnr_key, "--json")
        (link,) = shown["links"]
        assert (code, link["other_key"], link["stands"]) == (0, fnr_key, True)
        assert [one["org_nr"] for one in link["evidence"]] == [units[1], units[0]]

        code, _, told = await command_line(
            clean_stack, "link", "withdraw", "ab" * 16, fnr_key, *WHY
        )
        assert (code, "never linked" in told) == (2, True)
        keys = (dnr_key, fnr_key)
        code, answer, told = await command_line(
            clean_stack, "link", "withdraw", *keys, "--json", *WHY
        )
        assert (code, {one["status"] for one in answer["results"]}) == (0, {"done"}), told
        await sends(units[0], 3, ITEM | {"dnr": DNR})
        assert await stored() == (False, True, 2, 0)
        _, shown, _ = await command_line(clean_stack, "link", "show", dnr_key)
        # Eight lanes say so: it is told once.
        assert shown.count("withdrawn by an operator") == 1

        code, answer, _ = await command_line(clean_stack, "link", "restore", *keys, "--json", *WHY)
        assert (code, {one["status"] for one in answer["results"]}) == (0, {"done"})
        assert await stored() == (True, False, 2, 0)
    code, verified, told = await command_line(clean_stack, "sink", "verify", "identity", "--json")
    assert code == 0, (verified, told)
    assert DNR not in work.log.read_text("utf-8")
