"""Pages that repeat what the code says, compared with the code; links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from kpr_stream.keys.envelope import EncryptedPayload, associated_data, content_digest, decrypt
from kpr_stream.keys.keyring import new_keyring
from kpr_stream.model.command import WHY_REFUSED, CommandRefusal
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.words import OUTCOMES, ReceiptStatus, Refusal, Resend
from kpr_stream.processor.lanes import commit
from tests.support.repository import PACKAGE, ROOT, tracked_files

RECEIPTS = ROOT / "docs" / "vendor" / "receipts.md"
ENCRYPTION = ROOT / "docs" / "vendor" / "encryption.md"
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
NAMED_PATH = re.compile(
    r"(?<![\w/])(?:kpr_stream|tests|tools|bench|deploy|avro_schemas|docs)/[\w./*-]*\w/?"
)
PAGES = [path for path in tracked_files() if path.suffix == ".md"]


def _rows(page: Path, heading: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its head."""
    section = page.read_text("utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _words(rows: list[list[str]]) -> list[str]:
    return [row[0].strip("`") for row in rows]


def test_every_receipt_status_has_its_row() -> None:
    rows = _rows(RECEIPTS, "Status of a delivery")
    assert _words(rows) == list(ReceiptStatus)
    for status, final, blocks, meaning, action in rows:
        assert {final, blocks} <= {"yes", "no"}, status
        assert all((meaning, action)), status


def test_only_a_refusal_blocks_and_only_what_is_sent_again_is_not_final() -> None:
    rows = _rows(RECEIPTS, "Status of a delivery")
    assert [r[0] for r in rows if r[2] == "yes"] == ["`refused`"]
    assert [r[0] for r in rows if r[1] == "no"] == ["`refused`", "`out_of_order`"]


def test_the_commit_page_has_the_steps_of_the_commit() -> None:
    steps = re.findall(r"^    (\d \w+) ", commit.__doc__ or "", re.MULTILINE)
    assert len(steps) == 8
    assert _words(_rows(ROOT / "docs" / "flow" / "8-commit.md", "Steps")) == steps


def test_every_outcome_has_its_row() -> None:
    assert _words(_rows(RECEIPTS, "Outcome of an item")) == list(OUTCOMES)


def test_every_refusal_has_cause_remedy_and_somebody_who_does_it() -> None:
    rows = _rows(RECEIPTS, "Why a delivery is refused")
    assert set(_words(rows)) == set(Refusal)
    assert [cause.strip("`") for _, cause, *_ in rows] == list(refusal_causes())
    for code, _, wrong, remedy, who, send, blocks in rows:
        assert all((wrong, remedy)), code
        assert set(who.split(", ")) <= {"vendor", "unit"}, code
        assert (send in set(Resend), blocks in {"yes", "no"}) == (True, True), code


def test_the_code_on_the_encryption_page_encrypts() -> None:
    blocks = re.findall(r"```python\n(.*?)```", ENCRYPTION.read_text("utf-8"), re.DOTALL)
    page: dict[str, object] = {}
    exec("\n".join(blocks), page)  # noqa: S102 - the page's own example is what is tested
    encrypt = page["encrypt"]
    assert callable(encrypt)
    secret, public = new_keyring()
    key_id = public["current"]
    fields = {
        "org_nr": "999999018",
        "system": "visma-hspro",
        "sequence": 7,
        "delivery_id": "19ca0323-1041-4003-a8a1-a092bf384242",
        "message_type": "consultation",
        "contract_version": "1",
    }
    sent = encrypt(b"clear", fields, public["public_keys"][key_id].encode())
    private = serialization.load_pem_private_key(secret["private_keys"][key_id].encode(), None)
    opened = decrypt(
        EncryptedPayload(key_id, sent["wrapped_key"], sent["nonce"], sent["payload"]),
        private_keys={key_id: private},  # type: ignore[dict-item] # an RSA key, as made above
        bound_to=associated_data(**fields),  # type: ignore[arg-type] # as typed in the literal
    )
    assert opened == b"clear"
    assert sent["content_digest"] == content_digest(b"clear")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_page_holds_both_sides_of_a_merge(page: Path) -> None:
    assert not re.search(r"^(<{7}|={7}|>{7})( |$)", page.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = LINK.findall(page.read_text("utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # names what was there at the time
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    named = {path for span in spans for path in NAMED_PATH.findall(span)}
    missing = sorted(path for path in named if not any(ROOT.glob(path.rstrip("/"))))
    assert missing == []


def test_paths_are_found_in_code_spans() -> None:
    assert NAMED_PATH.findall("pytest tests/unit/cli/test_main.py::test_x") == [
        "tests/unit/cli/test_main.py"
    ]
    assert NAMED_PATH.findall("kpr_stream/cli/") == ["kpr_stream/cli/"]


def test_every_page_is_reachable_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = LINK.findall(page.read_text("utf-8"))
        waiting += [(page.parent / target).resolve() for target in targets]
    pages = {p for p in PAGES if p.is_relative_to(ROOT / "docs") and "adr" not in p.parts}
    assert sorted(str(p.relative_to(ROOT)) for p in pages - seen) == []


def test_the_readme_maps_folders_that_exist_and_none_is_missing() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)+)`", readme.split("## The map", 1)[1]))
    assert {n for n in named if not (ROOT / n).is_dir()} == set()
    there = {f"kpr_stream/{p.parent.name}/" for p in PACKAGE.glob("*/__init__.py")}
    assert there - named == set()


def test_the_readme_names_commands_that_the_makefile_has() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        assert set(re.findall(r"^make (\w+)", page.read_text("utf-8"), re.MULTILINE)) <= targets


def test_the_licence_is_the_one_declared() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_every_reference_file_has_its_source_and_terms() -> None:
    listed = set(re.findall(r"`(\w+\.csv)`", (ROOT / "DATA-LICENCES.md").read_text("utf-8")))
    there = {p.name for p in (PACKAGE / "reference").rglob("*.csv")}
    assert there - listed == set()


def test_every_refusal_of_a_command_has_its_row() -> None:
    rows = _rows(ROOT / "docs" / "operate" / "commands.md", "Why a command is refused")
    told = {CommandRefusal(code.strip("`")): why for code, why in rows}
    assert told == WHY_REFUSED
