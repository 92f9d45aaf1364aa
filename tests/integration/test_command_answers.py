"""Commands on a real stack with empty tables and topics: what each answers, line and JSON."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.model.topics import WORKER_TOPICS
from kpr_stream.reference import load_reference
from kpr_stream.reference.load import shipped_folder
from kpr_stream.settings import Settings
from tests.integration.sinks.conftest import empty_database
from tests.support.command_here import here
from tests.support.stack import fresh_topics

OLD: Final = "974760673"
NEW: Final = "983658776"
WHY: Final = ("--reason", "The commands are tried")


@pytest.fixture(scope="module", autouse=True)
def register(stack: Settings) -> Iterator[Settings]:
    """Let commands find the shared stack, empty; this process keeps its own log."""
    fresh_topics(stack)
    asyncio.run(empty_database(stack))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KPR_HOME", str(stack.home))
        patch.setenv("KPR_APP_ID", "kpr-hst-command-answers")
        patch.setattr("kpr_stream.process.log.begin_log", lambda *_, **__: None)
        patch.setattr("kpr_stream.process.stderr.silence_native_stderr", lambda: None)
        yield stack
    # A kept schema stops the rebuilds of later tests.
    asyncio.run(empty_database(stack))


def test_a_database_is_migrated_once_and_reference_data_are_loaded_once() -> None:
    version = load_reference().version
    first = here("migrate")
    assert (first.code, first.out) == (
        0,
        f"The database is up to date.\nLoaded reference data {version}.\n",
    )
    assert here("migrate", "--json").json == {"applied": [], "reference": version}
    again = here("reference", "load", "--json")
    assert (again.code, again.json["changed"]) == (0, False)
    assert again.err == f"The database already has reference data {version}.\n"


def test_an_analysts_rows_are_refreshed_frozen_exported_and_kept_up_to_date(
    tmp_path: Path,
) -> None:
    here("reference", "load")
    done = here("analytics", "refresh", "--as-of", "2026-03-01", "--json")
    assert (done.code, done.json["as_of"]) == (0, "2026-03-01"), done.err
    assert "as of 2026-03-01: 0 consultations, 0 appointments, 0 person keys" in done.err
    assert here("analytics", "refresh", "--rebuild").out.startswith("Rebuilt as of ")

    assert here("freeze", "list").out == "No freezes.\n"
    purpose = ("--purpose", "The [annual] report")
    made = here("freeze", "create", "annual-2026", *purpose, "--json")
    assert (made.code, made.json) == (0, {"name": "annual-2026", "rows": 0}), made.err
    assert made.err == "Frozen as annual-2026: 0 rows.\n"
    (listed,) = here("freeze", "list", "--json").json["freezes"]
    assert (listed["name"], listed["purpose"]) == ("annual-2026", purpose[1])
    line = here("freeze", "list").out
    assert line.startswith("annual-2026: as of ")
    assert line.endswith("0 appointments (0 erased since). The [annual] report\n")

    out = tmp_path / "rows"
    words = ("export", "--out", str(out), "--freeze", "annual-2026", "--expires-days", "9")
    exported = here(*words, *purpose, "--json")
    assert (exported.code, exported.json["rows"], exported.json["written"]) == (0, 0, 0)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert (manifest["freeze"], manifest["purpose"]) == ("annual-2026", purpose[1])
    assert exported.json["expires_on"] == manifest["expires_on"]
    again = here("export", "refresh", str(out))
    assert again.out.startswith(f"{out}: 0 rows; files: 0 written, 0 unchanged, 0 removed. Last")

    dropped = here("freeze", "drop", "annual-2026", "--json")
    assert (dropped.json, dropped.err) == ({"dropped": "annual-2026"}, "Dropped annual-2026.\n")
    assert isinstance(here("freeze", "drop", "annual-2026").error, UsageError)


@pytest.mark.parametrize("which", ["content", "identity"])
def test_a_sink_catches_up_is_verified_and_rebuilt(register: Settings, which: str) -> None:
    del register
    stored = here("sink", which, "--until-caught-up", "--metrics-port", "0", "--json")
    assert (stored.code, stored.json["sink"], stored.json["rows"]) == (0, which, 0), stored.err
    assert stored.err == f"{which}: 0 records, 0 rows in 0.\n"
    verified = here("sink", "verify", which, "--json")
    assert (verified.code, verified.json["equal"]) == (0, True)
    lines = here("sink", "verify", which).out.splitlines()
    assert len(lines) == len(verified.json["topics"]) > 0
    assert all(": 0 keys, 0 rows; missing 0, extra 0, different 0; 0 off" in one for one in lines)
    rebuilt = here("sink", "rebuild", which, "--keep-old", "--json")
    assert (rebuilt.code, rebuilt.json["records"]) == (0, 0), rebuilt.err
    assert rebuilt.json["kept_in"] == f"{which}_replaced"
    assert f"The old tables are in the schema {which}_replaced." in rebuilt.err


def test_a_sink_that_does_not_exist_is_refused() -> None:
    wrong = here("sink", "verify", "contents")
    assert isinstance(wrong.error, UsageError)
    assert wrong.error.message == "There is no sink contents."


def test_a_contact_is_stored_addressed_and_removed_once() -> None:
    mail = ("--email", "drift@example.org")
    stored = here("registry", "contact", "visma-hspro", "--name", "Support", *mail, *WHY, "--json")
    assert (stored.code, stored.json) == (0, {"stored": "visma-hspro"}), stored.err
    here("registry", "contact", OLD, "--name", "Vakt", "--phone", "21000000", *WHY)
    found = here("registry", "mail-addresses", "--otherwise", "us@example.org", "--json")
    assert found.json == {"addresses": {"visma-hspro": mail[1]}, "without": [OLD]}
    assert found.err == f"Without a usable address: {OLD}.\n"
    template = here("registry", "mail-addresses", "--otherwise", "us@example.org")
    assert mail[1] in template.out
    assert "us@example.org" in template.out

    removed = here("registry", "remove-contact", "visma-hspro", *WHY, "--json")
    assert (removed.code, removed.json) == (0, {"party": "visma-hspro", "removed": True})
    again = here("registry", "remove-contact", "visma-hspro", *WHY)
    assert (again.code, again.out) == (1, "visma-hspro has no contact.\n")


def test_a_successor_is_registered_listed_and_forgotten_once() -> None:
    pair = {"old": OLD, "new": NEW}
    made = here("across", "succeed", OLD, NEW, "--from", "2026-01-01", *WHY, "--json")
    assert made.json == {**pair, "since": "2026-01-01"}
    assert made.err == f"{NEW} is registered as the successor of {OLD} since 2026-01-01.\n"
    assert here("across", "list").out == "Nothing is reported under two numbers.\n"
    assert here("across", "list", "--json").json == {"pairs": []}
    marked = here("across", "mark", "--yes", *WHY)
    assert (marked.code, "Nothing is reported" in marked.out) == (0, True)
    gone = here("across", "forget", OLD, NEW, *WHY, "--json")
    assert (gone.code, gone.json) == (0, {**pair, "removed": True})
    again = here("across", "forget", OLD, NEW, *WHY)
    assert (again.code, again.out) == (
        1,
        f"{NEW} was not registered as the successor of {OLD}.\n",
    )


def test_topics_that_no_worker_has_served_are_as_they_should_be() -> None:
    found = here("topics", "check", "--json")
    assert found.code == 0
    assert {one["topic"] for one in found.json["topics"]} == set(WORKER_TOPICS)
    assert not any(one["changed"] or one["known"] for one in found.json["topics"])
    lines = here("topics", "check").out.splitlines()
    assert all(line.endswith(" without positions") for line in lines)
    refused = here("topics", "accept", next(iter(WORKER_TOPICS)), "--yes")
    assert isinstance(refused.error, UsageError)


def test_a_delivery_and_a_unit_that_nobody_has_heard_of_are_exit_code_1() -> None:
    delivery = "5f7a3c9e-0000-4000-8000-00000000000a"
    unknown = here("delivery", "show", delivery, "--json")
    assert (unknown.code, unknown.json) == (1, {"found": False})
    assert unknown.err == f"No receipt of the last 30 days is about delivery {delivery}.\n"
    unit = here("unit", "show", OLD)
    assert (unit.code, unit.out) == (1, f"Nothing is known of unit {OLD}.\n")


def test_up_names_the_stack_that_runs_already(register: Settings) -> None:
    done = here("up", "--json")
    assert (done.code, done.json["ran_before"]) == (0, True), done.err
    lines = done.err.splitlines()
    assert lines[0] == f"The stack in {register.home} is already running."
    assert len(lines) == 1 + len(done.json["addresses"])


def test_down_where_nothing_runs_is_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KPR_HOME", str(tmp_path))
    done = here("down", "--json")
    assert (done.code, done.json) == (0, {"ran": False})
    assert done.err == f"No stack runs in {tmp_path}.\n"


def test_the_exporter_prints_what_it_would_serve_and_ends() -> None:
    found = here("exporter", "--once", "--json")
    assert (found.code, found.json["units"], found.json["imbalance"]) == (0, [], [])
    text = here("exporter", "--once").out
    assert "kpr_books_checked_timestamp_seconds" in text


def test_reference_data_of_a_folder_are_shown_sealed_and_verified(tmp_path: Path) -> None:
    folder = tmp_path / "next"
    shutil.copytree(shipped_folder(), folder)
    sealed = here("reference", "seal", str(folder), "--valid-from", "2027-01-01", "--json")
    assert (sealed.code, sealed.json["folder"]) == (0, str(folder)), sealed.err
    verified = here("reference", "verify", str(folder), "--json")
    assert verified.json["valid"] is True
    assert verified.json["version"] == sealed.json["version"]
    assert verified.json["valid_from"] == "2027-01-01"
    shown = here("reference", "show", str(folder)).out.splitlines()
    assert shown[0] == f"Reference data {sealed.json['version']}, from 2027-01-01"
    assert len(shown) == 2 + len(verified.json["files"])
    assert here("reference", "show", str(folder), "--json").json["files"] == verified.json["files"]
