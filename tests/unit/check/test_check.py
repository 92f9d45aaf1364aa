"""The dry run: where findings point to, what comes out, and what never does."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from polars.exceptions import PanicException
from typer.testing import CliRunner, Result

from kpr_stream.check import judge as judge_module
from kpr_stream.check.judge import CheckedItem, Limits, check_file
from kpr_stream.check.not_read import meant, not_read_of_upsert
from kpr_stream.check.seen import Seen
from kpr_stream.cli.app import build_cli
from kpr_stream.connectors.delivery import pack
from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.mapping.items import map_upsert
from kpr_stream.connectors.mapping.local_codes import synthetic_profile
from kpr_stream.connectors.mapping.paths import export_paths
from kpr_stream.errors import ContainerError, ExportError, UsageError
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import MessageType, Refusal, System
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.contract import ITEM_RECORDS
from tests.support.deliveries import synthetic_id
from tests.unit.connectors import exports
from tests.unit.connectors.mapping.test_items import FULL, as_read

PROFILE = synthetic_profile(System.VISMA_HSPRO)
CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
LIMITS = Limits(max_items=5000, max_bytes=2_000_000)
EXTRACTED_MS = 1_738_382_400_000
NOW_MS = EXTRACTED_MS + 3_600_000
NO_FIELD_OF_ITS_OWN = {"operation", "unreadable"}


def judge(*units: Any, name: str = exports.NAME, **how: Any) -> list[CheckedItem]:
    file = read.parse_name(Path(name))
    data = json.dumps(units).encode()
    settings: dict[str, Any] = {
        "profile": PROFILE,
        "context": CONTEXT,
        "limits": LIMITS,
        "now_ms": NOW_MS,
        "seen": Seen(),
    }
    return list(check_file(file, data, **settings | how))


def found(items: list[CheckedItem]) -> list[tuple[str, str]]:
    return [(f.rule.id, f.pointer) for item in items for f in item.findings]


@pytest.mark.parametrize("kind", list(ITEM_RECORDS))
def test_every_field_of_the_contract_is_filled_from_where_it_points(kind: MessageType) -> None:
    fields = set(schema(f"{kind}_item").field_names) - NO_FIELD_OF_ITS_OWN
    assert fields == set(export_paths(kind))
    for field in fields:
        source: Any = FULL
        only: Any = {}
        *outer, last = export_paths(kind)[field].split("/")
        inner = only
        for key in outer:
            source, inner[key] = source[key], {}
            inner = inner[key]
        inner[last] = source[last] if source.get(last) is not None else "1"
        assert map_upsert(kind, as_read(only), PROFILE)[field], field


def test_findings_point_into_the_file() -> None:
    item = exports.consultation(
        "k-1",
        tjeneste="77",
        maalinger={"vekt": "ca. 8", "lengde": 70, "hodeomkrets": []},
        person={"personId": "p", "fodselsNr": int(synthetic_id(date(2024, 1, 9)))},
    )
    upserts = [exports.consultation("k-0", person={"personId": "p"}), item]
    unit = exports.unit(*upserts, deletions=[{"konsultasjonId": "k-9", "erSlettet": False}])
    items = judge(exports.unit(org_nr=exports.OTHER_UNIT), unit)
    assert [(i.index, i.pointer, i.outcome) for i in items] == [
        (0, "/1/slettKonsultasjon/0", "duplicate"),
        (1, "/1/konsultasjon/0", "accepted"),
        (2, "/1/konsultasjon/1", "accepted"),
    ]
    assert found(items) == [
        ("DELETE_NOT_CONFIRMED", "/1/slettKonsultasjon/0/erSlettet"),
        ("FIELD_UNREADABLE", "/1/konsultasjon/1/maalinger/vekt"),
        ("FIELD_UNREADABLE", "/1/konsultasjon/1/maalinger/hodeomkrets"),
        ("ID_LEADING_ZERO_LOST", "/1/konsultasjon/1/person/fodselsNr"),
        ("LENGTH_UNIT_SLIP", "/1/konsultasjon/1/maalinger/lengde"),
        ("CODE_UNKNOWN_SERVICE", "/1/konsultasjon/1/tjeneste"),
    ]


def test_a_wrong_place_of_the_unit_is_reported_there() -> None:
    unit = exports.unit(exports.consultation(), exports.consultation("k-2", kommuneNr="9999"))
    unit |= {"kommuneNr": "1601", "bydelNr": None}
    assert found(judge(unit)) == [
        ("MUNICIPALITY_NOT_VALID_THEN", "/0/kommuneNr"),
        ("MUNICIPALITY_UNKNOWN", "/0/konsultasjon/1/kommuneNr"),
    ]


def test_an_item_without_id_or_time_is_rejected() -> None:
    items = judge(exports.unit(exports.consultation(None), exports.consultation(datoTid=None)))
    assert [item.outcome for item in items] == ["rejected", "rejected"]
    assert found(items) == [
        ("CONSULTATION_ID_MISSING", "/0/konsultasjon/0/konsultasjonId"),
        ("START_MISSING", "/0/konsultasjon/1/datoTid"),
    ]


def test_doubles_are_looked_for_in_deliveries_as_the_connector_cuts_them() -> None:
    unit = exports.unit(*[exports.consultation("k-1", varighetMinutter=n) for n in (10, 20)])
    together = judge(unit)
    assert [rule for rule, _ in found(together)] == ["ID_REPEATED_IN_DELIVERY"] * 2
    apart = judge(unit, limits=Limits(max_items=1, max_bytes=2_000_000))
    assert found(apart) == []
    for items in (together, apart):
        assert [item.outcome for item in items] == ["accepted", "corrected"]


def test_what_earlier_files_of_the_run_said_is_known() -> None:
    seen, unit = Seen(), exports.unit(exports.consultation("k-1"))
    later = exports.NAME.replace("20250201T040000Z", "20250201T040100Z")
    gone = exports.unit(deletions=[{"konsultasjonId": "k-1", "erSlettet": True}])
    reported = [
        judge(content, name=name, seen=seen)[0].outcome
        for content, name in (
            (unit, later),
            (unit, exports.NAME),
            (gone, exports.NAME),
            (gone, later),
            (gone, later),
            (unit, later),
        )
    ]
    assert reported == ["accepted", "duplicate", "stale", "deleted", "duplicate", "accepted"]


def test_what_nobody_reads_is_reported_by_its_path_and_never_if_it_is_no_name() -> None:
    item = exports.consultation(
        "k-1",
        programTrinn="6U",
        maalinger={"Vekt": 4, exports.FNR: 1},
        journalId="x",
        hund={"a": 1},
    )
    gone = {"konsultasjonId": "k-9", "erSlettet": True, "slettet": True}
    unit = exports.unit(item, deletions=[gone]) | {"bydel": "030101"}
    assert [i.not_read for i in judge(unit)] == [
        ("bydel", "slettet"),
        ("programTrinn", "maalinger/Vekt", "maalinger/*", "hund"),
    ]
    assert meant("programTrinn") == "programtrinn"
    assert meant("maalinger/Vekt") == "maalinger/vekt"
    assert meant("bydelsnr") == "bydelNr"
    assert meant("hund") is None


@pytest.mark.parametrize("kind", list(ITEM_RECORDS))
def test_everything_of_the_format_is_read(kind: MessageType) -> None:
    item: Any = {}
    for path in export_paths(kind).values():
        *outer, last = path.split("/")
        inner = item
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = "1"
    assert list(not_read_of_upsert(kind, item)) == []


def test_frames_do_not_change_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    units = [exports.unit(exports.consultation(f"k-{n}", oppmoteStatus=n)) for n in range(5)]
    together = judge(*units)
    monkeypatch.setattr("kpr_stream.check.judge.FRAME_MAX_ITEMS", 1)
    assert judge(*units) == together
    assert [item.index for item in together] == list(range(5))


def test_a_file_from_the_future_is_refused_as_the_receiver_would() -> None:
    with pytest.raises(ExportError, match="CLOCK_AHEAD"):
        judge(exports.unit(), now_ms=EXTRACTED_MS - 3_600_000)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(
        build_cli(), ["check", *map(str, arguments), "--system", PROFILE.system]
    )


def test_fine_is_0_and_a_value_set_aside_is_1(tmp_path: Path) -> None:
    fine = exports.write(tmp_path, [exports.unit(exports.consultation())])
    assert run(fine).exit_code == 0
    warned = exports.unit(exports.consultation(tjeneste="9"))
    exports.write(tmp_path, [warned], exports.NAME.replace("000001", "000002"))
    assert run(tmp_path).exit_code == 0
    aside = exports.unit(exports.consultation(maalinger={"vekt": 4}))
    exports.write(tmp_path, [aside], exports.NAME.replace("000001", "000003"))
    done = run(tmp_path, "--json")
    assert done.exit_code == 1
    reported = json.loads(done.stdout)
    assert [item["file"][:6] for item in reported["items"]] == ["000001", "000002", "000003"]
    assert reported["summary"]["items_by_rule"] == {
        "CODE_UNKNOWN_SERVICE": 1,
        "WEIGHT_UNIT_SLIP": 1,
    }
    (rule,) = reported["items"][2]["rules"]
    assert rule["pointer"] == "/0/konsultasjon/0/maalinger/vekt"
    assert {"rule", "severity", "text_no", "action_no", "action_en", "who"} <= set(rule)


@pytest.mark.parametrize("content", ["[", "{}", b"\xff", ""])
def test_what_cannot_be_read_is_2_and_the_rest_is_judged(tmp_path: Path, content: Any) -> None:
    exports.write(tmp_path, [exports.unit(exports.consultation())])
    exports.write(tmp_path, content, exports.NAME.replace("000001", "000002"))
    done = run(tmp_path, "--json")
    assert done.exit_code == 2
    reported = json.loads(done.stdout)
    assert len(reported["items"]) == 1
    (bad,) = reported["summary"]["unusable_files"]
    assert bad["problem"]
    assert bad["what_to_do"]


def test_an_empty_folder_is_2(tmp_path: Path) -> None:
    done = run(tmp_path, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["items"] == []


def test_a_misspelt_key_is_reported_with_the_one_that_was_meant(tmp_path: Path) -> None:
    exports.write(tmp_path, [exports.unit(exports.consultation(kontaktForm="1", Tull="x"))])
    done = run(tmp_path, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["summary"]["not_read"] == {
        "kontaktForm": {"items": 1, "meant": "kontaktform"},
        "Tull": {"items": 1, "meant": None},
    }
    assert "not read  kontaktForm: 1 (did you mean kontaktform?)" in done.stderr
    assert "not read  Tull: 1\n" in done.stderr
    reported = run(tmp_path, "--norsk").stdout
    assert "ikke lest kontaktForm: 1 (mente du kontaktform?)" in reported
    assert "1 filer, 1 hendelser: 1 accepted. Ingenting er sendt." in reported


def test_a_list_under_another_name_is_no_quiet_day(tmp_path: Path) -> None:
    exports.write(tmp_path, [exports.unit() | {"konsultasjoner": [exports.consultation()]}])
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "the list «konsultasjoner»" in done.output


def test_no_such_file_and_a_name_that_looks_like_markup(tmp_path: Path) -> None:
    done = run(tmp_path / "x.json")
    assert isinstance(done.exception, UsageError)
    assert "no file and no folder" in done.exception.message
    exports.write(tmp_path, "[]", "a[b][red].json")
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "a[b][red].json" in done.output


def test_no_value_comes_out(tmp_path: Path) -> None:
    canary = "Kanari-77"

    def spoiled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spoiled(inner) for key, inner in value.items()}
        return [canary] if isinstance(value, list) else canary

    odd = FULL | {"konsultasjonId": "konsultasjon-4711", "maalinger": {"vekt": 7799, "lengde": 7}}
    items = [FULL, spoiled(FULL), odd]
    exports.write(tmp_path, [exports.unit(*items)])
    for more in ([], ["--json"], ["--norsk"]):
        done = run(tmp_path, *more)
        assert done.exit_code == 1
        for value in (canary, "7799", exports.FNR, exports.FNR[1:], "konsultasjon-4711"):
            assert value not in done.output


def reported(*arguments: object) -> tuple[int, dict[str, Any]]:
    """The exit code of a dry run, and its JSON."""
    done = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, found


APPOINTMENTS = [
    {
        **{key: value for key, value in exports.unit().items() if "onsultasjon" not in key},
        "avtale": [{"avtaleId": "a-1", "datoTid": "2025-01-07T10:15:00+01:00"}],
    }
]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("message.json", [exports.unit(exports.consultation())], "HST_Konsultasjon"),
        ("message", APPOINTMENTS, "HST_Avtale"),
        ("000001_HST_Konsultasjon_2025-13_20250201T040000Z.json", APPOINTMENTS, "HST_Avtale"),
        ("quiet day.txt", [exports.unit()], "HST_Konsultasjon"),
    ],
)
def test_a_file_of_any_name_is_judged_and_what_was_assumed_is_reported(
    tmp_path: Path, name: str, content: list[Any], kind: str
) -> None:
    code, found = reported(exports.write(tmp_path, content, name))
    assert code == 0
    assert [item["outcome"] for item in found["items"]] == ["accepted"] * (name[:5] != "quiet")
    (assumed,) = found["summary"]["assumed"]
    assert (assumed["file"], assumed["message_type"]) == (name, kind)
    assert set(assumed) == {"file", "problem", "message_type", "period", "extracted"}
    assert name in assumed["problem"]
    written = run(tmp_path / name).stdout
    assert f"assumed   {name}: {kind}, " in written
    assert "antatt" in run(tmp_path / name, "--norsk").stdout


@pytest.mark.parametrize("content", ["true", "1", '"x"', "null", "{}", "[", "[1]", "[{}]"])
def test_a_file_of_any_name_and_any_content_is_refused_for_its_content(
    tmp_path: Path, content: str
) -> None:
    code, found = reported(exports.write(tmp_path, content, "message.txt"))
    assert (code, found["items"]) == (2, [])
    (bad,) = found["summary"]["unusable_files"]
    assert "file name" not in bad["problem"]


def test_in_a_folder_a_wrong_name_is_an_error_as_for_the_connector(tmp_path: Path) -> None:
    exports.write(tmp_path, [exports.unit(exports.consultation())], "message.json")
    code, found = reported(tmp_path)
    assert (code, len(found["items"])) == (2, 1)
    assert "message.json" in found["summary"]["unusable_files"][0]["problem"]


def test_a_name_that_says_a_wrong_time_is_not_assumed_away(tmp_path: Path) -> None:
    for at in ("20161231T235959Z", "20990101T000000Z"):
        name = exports.NAME.replace("20250201T040000Z", at)
        code, found = reported(exports.write(tmp_path, [exports.unit()], name))
        assert (code, found["summary"]["assumed"]) == (2, [])


def test_what_the_connector_leaves_out_is_reported_in_the_same_words(tmp_path: Path) -> None:
    large = exports.consultation("k-2", lokalKonsultasjonType="x" * RECEIVER.item_bytes)
    unit = exports.unit(exports.consultation("k-1"), large) | {"bydelNr": "sentrum"}
    path = exports.write(tmp_path, [unit, exports.unit(exports.consultation("k-3"))])
    exports.write(tmp_path, "[]", "export.json")
    code, found = reported(tmp_path)
    assert code == 1
    assert [item["pointer"] for item in found["items"]] == [
        "/0/konsultasjon/0",
        "/1/konsultasjon/0",
    ]
    version, district, item = found["summary"]["left_out"]
    assert (version["file"], version["pointer"]) == (str(tmp_path / "export.json"), "")
    assert (district["part"], district["pointer"]) == ("value", "/0/bydelNr")
    assert (item["part"], item["pointer"]) == ("item", "/0/konsultasjon/1")
    mapped = map_upsert(MessageType.CONSULTATION, as_read(large), PROFILE)
    (too_large,) = pack.cut([mapped], MessageType.CONSULTATION, max_items=1, max_bytes=1).too_large
    assert item == too_large.left_out(str(path), "/0/konsultasjon/1").as_json()
    assert f"Left out {path}#/0/konsultasjon/1: the item has" in run(tmp_path).stderr


def test_a_district_that_denotes_none_is_a_finding_of_every_item() -> None:
    unit = exports.unit(exports.consultation()) | {"bydelNr": "4U", "kommuneNr": 3203}
    assert found(judge(unit)) == [("CODE_UNUSABLE_DISTRICT_CODE", "/0/bydelNr")]
    unit |= {"bydelNr": "01", "kommuneNr": "0301"}
    assert found(judge(unit)) == []


@pytest.mark.parametrize("message", [ZeroDivisionError, PanicException], ids=lambda e: e.__name__)
def test_what_nobody_foresaw_costs_its_own_unit_and_the_json_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: type[BaseException]
) -> None:
    real = prepare

    def broken(opened: Any, context: Any) -> Any:
        if any(one.arrived.envelope.org_nr == exports.UNIT for one in opened):
            raise message(exports.FNR)
        return real(opened, context)

    monkeypatch.setattr(judge_module, "prepare", broken)
    # A delivery an item: a unit whose every delivery fails is still one unit, reported once.
    monkeypatch.setenv("KPR_DELIVERY_MAX_ITEMS", "1")
    first, second, other = (exports.consultation(f"k-{n}") for n in range(3))
    exports.write(
        tmp_path, [exports.unit(first, second), exports.unit(other, org_nr=exports.OTHER_UNIT)]
    )
    code, found = reported(tmp_path)
    assert code == 70
    assert [item["pointer"] for item in found["items"]] == ["/1/konsultasjon/0"]
    (left_out,) = found["summary"]["left_out"]
    assert (left_out["part"], left_out["pointer"]) == ("unit", "/0")
    assert f"{message.__name__} at " in left_out["problem"]
    assert exports.FNR not in json.dumps(found)


@pytest.mark.parametrize(
    "error",
    [
        OverflowError(exports.FNR),
        RecursionError(),
        ContainerError("It is too large.", what_to_do="Cut it.", code=Refusal.TOO_LARGE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_file_or_a_unit_never_keeps_the_json_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    exports.write(tmp_path, [exports.unit(exports.consultation())])
    code = 2 if isinstance(error, ContainerError) else 70
    for name in ("units_of", "read_container"):
        with monkeypatch.context() as patched:
            patched.setattr(read if name == "units_of" else judge_module, name, broken)
            found_code, found = reported(tmp_path)
        assert (found_code, found["items"]) == (code, [])
        summary = found["summary"]
        problems = [*summary["unusable_files"], *summary["left_out"]]
        assert len(problems) == 1
        assert exports.FNR not in json.dumps(found)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / exports.NAME)
    for path in (tmp_path, tmp_path / exports.NAME):
        code, found = reported(path)
        assert code == 2
        assert "named pipe" in found["summary"]["unusable_files"][0]["problem"]
    code, found = reported("/dev/null")
    assert code == 2
    assert "device" in found["summary"]["unusable_files"][0]["problem"]


def test_a_name_that_is_no_text_is_written_in_escapes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.json")
    path.write_text("[", "utf-8")
    code, found = reported(path)
    assert code == 2
    assert found["summary"]["unusable_files"][0]["file"] == "\\udcff.json"
