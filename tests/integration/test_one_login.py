"""The whole command line against explicit addresses, each command with one login alone.

The environment of a command holds the addresses, one login and the key file that the table of
logins (``model/logins.py``) names, and an empty KPR_HOME: nothing of the embedded stack helps out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from kpr_stream.database.access import postgres_dsn
from kpr_stream.model.logins import NEEDS
from kpr_stream.model.topics import Role, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings
from kpr_stream.simulate.small.generate import Plan, simulate
from tests.integration.at_work import at_work, units_of_lane
from tests.integration.one_login import VENDOR, OneLogin, clear
from tests.support.certified import Register
from tests.support.deliveries import consultation, synthetic_fh_number

SENDER: Final = System.EG_INFODOC
WHY: Final = ("--reason", "One login is tried")
OPTIONS_OF_UNIT: Final = ("--system", SENDER, *WHY)
RELEASE: Final = ("--system", SENDER, "--version")
GROUP: Final = "kpr-hst-one-login"
OTHER_UNIT: Final = "983658776"


@pytest.mark.long
async def test_every_command_works_with_one_login_against_explicit_addresses(
    clean_stack: Settings, tmp_path: Path
) -> None:
    """A new command without a row in ``NEEDS``, or without a run below, fails here."""
    cli = OneLogin(clean_stack, tmp_path / "home", KPR_APP_ID=GROUP)
    await cli.run("migrate")
    await cli.run("reference load")
    exports = tmp_path / "exports"
    simulate(Plan(30, 1, 4), exports)

    worker: Any = cli.environment(NEEDS["worker"], Role.PROCESSOR)
    async with at_work(clean_stack, tmp_path, group=GROUP, **worker) as work:
        cli.ran.add(("worker", Role.PROCESSOR))
        unit, delivery = await _deliver(work)
        to_vendor = (str(exports / VENDOR), "--system", VENDOR, "--json")
        old = await cli.run("connect backfill", *to_vendor, "--from", "2024-01", "--to", "2024-01")
        sent = await cli.run("connect send", *to_vendor, "--resend")
        assert (old.out["deliveries"] > 0, sent.out["deliveries"] > 0) == (True, True)
        for which in ("content", "identity"):
            stored = await cli.run(f"sink {which}", "--until-caught-up", "--json")
            assert stored.out["rows"] > 0
            again = await cli.run(f"sink rebuild {which}", "--json")
            assert again.out["rebuilds"] > 0
            verified = await cli.run(f"sink verify {which}", "--json")
            assert verified.out["equal"]
        projected = await cli.run("projector", "--until-caught-up", "--json")
        assert projected.out["shown"] + projected.out["held"] > 0
        await _delivery_log(cli)
        await _quarantine(cli, unit)
        await _units(cli, unit)
        shown = await cli.run("delivery show", delivery, "--json")
        (answer, *_) = shown.out["answers"]
        assert (answer["status"], answer["counts"]["rejected"]) == ("processed", 3)
        refreshed = await cli.run("analytics refresh", "--json")
        assert refreshed.out["consultations"] > 0
        unknown = await cli.run("delivery show", str(uuid4()), exits=(1,))
        assert "No receipt" in unknown.out
        await _across(cli, unit)
        await _links(cli)
        await cli.run("replay", "--from", "2026-01-01", "--unit", unit, "--dry-run", *WHY)
        await cli.run("reenrich", "--reference", load_reference().version, *WHY)
        await cli.run("topics check")
        looked = await cli.run("status", "--json", exits=(0, 1))
        assert (looked.out["topics"], looked.out["kafka_away"]) == ([], None)
        probed = await cli.run("probe", "--once", "--json")
        assert probed.out["answered"]
        await _for_analysts(cli, tmp_path)
        watched = await cli.run("exporter", "--once", "--json")
        assert watched.out["imbalance"] == []
        assert watched.out["compared"][SENDER] > 0
        nothing = await cli.run("topics accept", delivery_topic(SENDER), exits=(2,))
        assert "Nothing" in nothing.err or "nothing" in nothing.err, nothing.err

    missing = [
        f"{row} as {login or 'its database role'}"
        for row, needs in NEEDS.items()
        for login in cli.logins(needs)
        if (row, login) not in cli.ran
    ]
    assert missing == []
    assert {row for row, _ in cli.ran} == NEEDS.keys()


async def _deliver(work: Any) -> tuple[str, str]:
    """Send a delivery with three rejected items and one person under two ids; unit and id."""
    (unit,) = units_of_lane(2, 1)
    bad = [consultation(n, consultation_id=f"bad-{n}", start=None) for n in range(3)]
    linked = consultation(4, fh_number=synthetic_fh_number())
    one = work.vendors.delivery([*bad, linked], system=SENDER, org_nr=unit, sequence=1)
    (receipt,) = await work.receipts.of(*await work.vendors.send(one))
    assert receipt["counts"]["rejected"] == len(bad)
    return unit, str(receipt["delivery_id"])


async def _for_analysts(cli: OneLogin, out: Path) -> None:
    page, folder = out / "nation.html", out / "rows"
    reported = await cli.run("report", "--nation", "--out", str(page), "--json")
    assert reported.out["pages"] == 1
    why = ("--purpose", "One login is tried")
    followed = await cli.run("tail", *why, "--from", "earliest", "--until-caught-up", "--json")
    assert " consultations shown" in followed.err
    made = await cli.run("export create", *why, "--out", str(folder), "--json")
    assert made.out["rows"] > 0
    frozen = await cli.run("freeze create", "a-test", *why, "--json")
    assert frozen.out["rows"] == made.out["rows"]
    listed = await cli.run("freeze list", "--json")
    assert [one["name"] for one in listed.out["freezes"]] == ["a-test"]
    await cli.run("freeze drop", "a-test")
    refreshed = await cli.run("export refresh", str(folder), "--json")
    assert (refreshed.out["written"], refreshed.out["removed"]) == (0, 0)


async def _quarantine(cli: OneLogin, unit: str) -> None:
    listed = await cli.run("quarantine list", "--unit", unit, "--json")
    ids = [item["quarantine_id"] for item in listed.out["items"]]
    shown = await cli.run("quarantine show", ids[0], *WHY)
    assert shown.out["consultation_id"].startswith("bad-")
    replayed = await cli.run("quarantine replay", "--unit", unit, "--yes", *WHY, "--json")
    assert [one["status"] for one in replayed.out["results"]] != []
    discarded = await cli.run("quarantine discard", ids[1], *WHY, "--json")
    assert [one["status"] for one in discarded.out["results"]] == ["done"]


async def _units(cli: OneLogin, unit: str) -> None:
    listed = await cli.run("unit list", "--json")
    assert (unit, SENDER) in {(one["org_nr"], one["system"]) for one in listed.out["units"]}
    report = await cli.run("unit show", unit, "--json")
    assert [one["state"]["system"] for one in report.out["systems"]] == [SENDER]
    assert report.out["contacts_unknown"] is None
    await cli.run("unit pause", unit, *OPTIONS_OF_UNIT)
    await cli.run("unit resume", unit, *OPTIONS_OF_UNIT)
    await cli.run("unit unblock", unit, "--skip-to", "4", "--yes", *OPTIONS_OF_UNIT)
    await cli.run("registry list")
    await cli.run("registry agree", unit, "--from", "2026-01-01", *OPTIONS_OF_UNIT)
    await cli.run("registry end", unit, "--to", "2027-01-01", *OPTIONS_OF_UNIT)
    await cli.run("registry contact", VENDOR, "--name", "Support", "--phone", "21000000", *WHY)
    addresses = await cli.run("registry mail-addresses", "--otherwise", "drift@example.org")
    assert "drift@example.org" in addresses.out
    await cli.run("registry remove-contact", VENDOR, *WHY)
    found = await cli.run("release list", "--json")
    (version,) = {
        one["software_version"] for one in found.out["releases"] if one["system"] == SENDER
    }
    await cli.run("release stop", *RELEASE, version, *WHY)
    await cli.run("release resume", *RELEASE, version, *WHY)
    register = Register(cli.empty.parent)
    cli.more["KPR_CERTIFICATE_KEY_FILE"] = str(register.key_file)
    certificate = str(register.certify(SENDER, version))
    await cli.run("release admit", *RELEASE, version, "--certificate", certificate, *WHY)


async def _delivery_log(cli: OneLogin) -> None:
    """What the worker wrote beside the receipts is in the database."""
    row = await _row(
        cli,
        "content_sink",
        "SELECT count(*) AS all, count(*) FILTER (WHERE period_from <= period_to AND extracted_at "
        "<= received_at AND received_at <= processed_at + interval '1 second' AND "
        "municipality_code IS NOT NULL AND software_version <> '') AS whole "
        "FROM content.delivery WHERE status = 'processed'",
    )
    assert row["all"] == row["whole"] > 0
    days = await _row(cli, "operator", "SELECT count(*) AS days FROM reporting.unit_day")
    assert days["days"] > 0


async def _across(cli: OneLogin, unit: str) -> None:
    await cli.run("across succeed", unit, OTHER_UNIT, "--from", "2026-01-01", *WHY)
    await cli.run("across list")
    await cli.run("across mark", *WHY)
    row = await _row(
        cli,
        "content_sink",
        "SELECT consultation_key, org_nr, system, source_offset FROM content.consultation"
        " WHERE status = 'live' LIMIT 1",
    )
    await cli.run(
        "across unmark",
        *(str(row["consultation_key"]), "--unit", row["org_nr"], "--system", row["system"]),
        *("--offset", str(row["source_offset"]), *WHY),
        exits=(0, 1),
    )
    await cli.run("across forget", unit, OTHER_UNIT, *WHY)


async def _links(cli: OneLogin) -> None:
    row = await _row(
        cli, "identity_sink", "SELECT person_key, other_key FROM identity.identity_link LIMIT 1"
    )
    keys = str(row["person_key"]), str(row["other_key"])
    await cli.run("link show", keys[0])
    await cli.run("link withdraw", *keys, *WHY)
    await cli.run("link restore", *keys, *WHY)


async def _row(cli: OneLogin, role: str, sql: str) -> asyncpg.Record:
    connection = await asyncpg.connect(clear(postgres_dsn(cli.settings, role)))
    try:
        (row,) = await connection.fetch(sql)
    finally:
        await connection.close()
    return row
