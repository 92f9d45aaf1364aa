"""A rebuild fills new tables beside the live ones and swaps them; nobody sees half of it."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings
from kpr_stream.sinks.rebuild import objects as rebuild_objects
from kpr_stream.sinks.rebuild.run import rebuild_sink
from kpr_stream.sinks.tables import SinkKind
from kpr_stream.sinks.verify import verify_sink
from kpr_stream.sinks.verify_values import verify_values
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.test_on_kafka import (
    Topics,
    catch_up,
    fetch,
    settings,
    started,
    statuses,
    topics,
    until_rows,
    writing,
)
from tests.support.poll import HANGING_S
from tests.support.processes import ending
from tests.support.sink_records import consultation, identity, identity_link
from tests.support.value_records import LANE, RECEIPTS, TEXT, item, receipt, unit_state

__all__ = ["settings", "topics"]
OWNER = "kpr_owner"
MANY = 300
STEPS = ("new tables are made", "indexes are made", "is carried over", "are swapped")
"""What the command reports when a step begins."""
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname ~ '_(rebuild|replaced)$' ORDER BY nspname"
OBJECTS = """
SELECT 'table' AS kind, c.oid::regclass::text AS name, concat_ws(' | ', c.relrowsecurity,
    c.relforcerowsecurity, (SELECT string_agg(a::text, ',' ORDER BY a::text)
        FROM unnest(c.relacl) a), obj_description(c.oid, 'pg_class'), c.reloptions::text,
    (SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull,
        col_description(c.oid, attnum)), ',' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0),
    CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END) AS what
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v') AND n.nspname = ANY('{content,identity,rights,reporting,analytics}')
UNION ALL
SELECT 'index', c.oid::regclass::text, pg_get_indexdef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i' AND n.nspname IN ('content', 'identity', 'rights')
UNION ALL
SELECT 'policy', format('%s.%s %s', schemaname, tablename, policyname),
    concat_ws(' | ', permissive, roles, cmd, qual, with_check)
FROM pg_policies
UNION ALL
SELECT 'constraint', format('%s %s', k.conrelid::regclass, k.conname), pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE n.nspname IN ('content', 'identity', 'rights') AND k.contype <> 'n'
UNION ALL
SELECT 'trigger', format('%s %s', tgrelid::regclass, tgname), pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', p.oid::regprocedure::text, concat_ws(' | ', pg_get_functiondef(p.oid), p.proacl)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY('{content,identity,rights,reporting,analytics}')
ORDER BY 1, 2
"""


RIGHTS = """
WITH ours AS (SELECT array_agg(oid) AS schemas FROM pg_namespace
    WHERE nspname !~ '^pg_|^information_schema$')
SELECT 'owner' AS kind, c.oid::regclass::text AS name, c.relkind::text AS what,
    pg_get_userbyid(c.relowner)::text AS role
FROM ours, pg_class c WHERE c.relnamespace = ANY(schemas) AND c.relkind IN ('r', 'v', 'S', 'm', 'p')
UNION ALL
SELECT 'relation', c.oid::regclass::text, a.privilege_type || ' ' || a.is_grantable,
    coalesce(pg_get_userbyid(nullif(a.grantee, 0)), 'PUBLIC')
FROM ours, pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
WHERE c.relnamespace = ANY(schemas) AND c.relkind IN ('r', 'v', 'S', 'm', 'p')
UNION ALL
SELECT 'column', t.attrelid::regclass || '.' || t.attname, a.privilege_type || ' ' ||
    a.is_grantable, coalesce(pg_get_userbyid(nullif(a.grantee, 0)), 'PUBLIC')
FROM ours, pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
WHERE c.relnamespace = ANY(schemas)
UNION ALL
SELECT 'schema', n.nspname, a.privilege_type || ' ' || a.is_grantable,
    coalesce(pg_get_userbyid(nullif(a.grantee, 0)), 'PUBLIC')
FROM ours, pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
WHERE n.oid = ANY(schemas)
UNION ALL
SELECT 'function', f.oid::regprocedure::text, a.privilege_type || ' ' || f.prosecdef ||
    ' of ' || pg_get_userbyid(f.proowner), coalesce(pg_get_userbyid(nullif(a.grantee, 0)), 'PUBLIC')
FROM ours, pg_proc f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
WHERE f.pronamespace = ANY(schemas)
UNION ALL
SELECT 'policy', o.polrelid::regclass || ' ' || o.polname, concat_ws(' | ', o.polcmd,
    o.polpermissive, pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid)),
    (SELECT string_agg(coalesce(pg_get_userbyid(nullif(r, 0)), 'PUBLIC'), ',' ORDER BY r)
        FROM unnest(o.polroles) r)
FROM ours, pg_policy o JOIN pg_class c ON c.oid = o.polrelid
WHERE c.relnamespace = ANY(schemas)
UNION ALL
SELECT 'row security', c.oid::regclass::text, c.relrowsecurity::text, c.relforcerowsecurity::text
FROM ours, pg_class c WHERE c.relnamespace = ANY(schemas) AND c.relkind = 'r'
UNION ALL
SELECT 'default', coalesce(d.defaclnamespace::regnamespace::text, ''), d.defaclobjtype::text,
    d.defaclacl::text
FROM pg_default_acl d
ORDER BY 1, 2, 3, 4
"""
"""One row for each owner, right of each role and policy, in every schema of the database."""


async def rights(settings: Settings) -> list[tuple[str, ...]]:
    """The full list of what each role may do."""
    return [tuple(row) for row in await fetch(settings, RIGHTS, OWNER)]


async def as_owner(settings: Settings, statements: str) -> None:
    """Execute several statements, as an administrator does by hand."""
    connection = await Database(settings).connect(OWNER)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def objects(settings: Settings) -> list[tuple[str, ...]]:
    """All that the schemas have beside their rows, with the rights on it."""
    return [tuple(row) for row in await fetch(settings, OBJECTS, OWNER)]


async def assert_equal(settings: Settings, kind: SinkKind = SinkKind.CONTENT) -> None:
    results = await verify_sink(settings, kind) + await verify_values(settings, kind)
    assert [r.as_json() for r in results if not r.equal] == []


async def write_receipts(topics: Topics, number: int) -> None:
    """Receipts with findings, and the state of a unit."""
    made = [
        receipt(
            n,
            "974767880",
            items=[item(0, "rejected", ("START_MISSING", "/start"))],
            texts=[{"rule": "START_MISSING", "severity": "reject", "items": 1, **TEXT}],
        )
        for n in range(number)
    ]
    producer: AIOKafkaProducer = topics._producer
    async with producer.transaction():
        for one in made:
            await producer.send_and_wait(
                RECEIPTS, one.value, one.key, LANE, headers=list(one.headers)
            )
        state = unit_state(0, "974767880")
        await producer.send_and_wait(
            "kpr.hst.unit", state.value, state.key, LANE, headers=list(state.headers)
        )


async def test_all_that_belongs_to_the_tables_is_as_before(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(5))
    await topics.write([("identity", 1, identity(1)), ("identity_link", 7, identity_link(7))])
    await write_receipts(topics, 3)
    before: list[Any] = await objects(settings)
    for kind in SinkKind:
        await catch_up(settings, kind)
        done = await rebuild_sink(settings, kind)
        assert done.rows > 0
        await assert_equal(settings, kind)
    assert await objects(settings) == before
    assert await fetch(settings, SCHEMAS, OWNER) == []
    assert len(await fetch(settings, "SELECT * FROM reporting.delivery", "analyst")) == 3
    days = "SELECT consultations FROM reporting.unit_day WHERE org_nr = '974767880'"
    assert len(await fetch(settings, days, "analyst")) == 3
    assert len(await fetch(settings, "TABLE content.consultation_history", "privacy")) == 5


UNUSUAL = """
GRANT SELECT (org_nr, system) ON content.consultation TO operator;
GRANT INSERT ON content.sink_position TO privacy WITH GRANT OPTION;
GRANT SELECT ON content.unit TO PUBLIC;
REVOKE TRUNCATE ON content.appointment FROM kpr_owner;
CREATE POLICY a_test ON content.consultation AS RESTRICTIVE FOR UPDATE TO privacy, operator
    USING (sequence > 1) WITH CHECK (sequence > 2);
"""
"""Rights as an administrator may have given or taken by hand."""


async def test_after_a_rebuild_every_role_has_exactly_the_rights_it_had_before(
    settings: Settings, topics: Topics
) -> None:
    """Also those that were granted or revoked while the topics were read."""
    await topics.write(("consultation", n, consultation(n)) for n in range(5))
    await topics.write([("identity", 1, identity(1)), ("identity_link", 7, identity_link(7))])
    migrated = await rights(settings)
    assert len(migrated) > 500
    await as_owner(settings, UNUSUAL)
    given = await rights(settings)
    assert len(set(given) ^ set(migrated)) == 6, "each line of UNUSUAL is seen"
    for kind in SinkKind:
        await catch_up(settings, kind)
        await rebuild_sink(settings, kind)
        assert await rights(settings) == given

    meanwhile = (
        "REVOKE SELECT (org_nr) ON content.consultation FROM operator; "
        "GRANT DELETE ON content.consultation TO privacy; "
        "DROP POLICY a_test ON content.consultation"
    )
    changed: list[asyncio.Task[None]] = []

    def report(step: str) -> None:
        if step == STEPS[0]:
            changed.append(asyncio.get_running_loop().create_task(as_owner(settings, meanwhile)))

    await rebuild_sink(settings, SinkKind.CONTENT, report=report)
    await changed[0]
    found = {tuple(row) for row in await rights(settings)}
    assert found ^ set(given) == {
        ("column", "content.consultation.org_nr", "SELECT false", "operator"),
        ("relation", "content.consultation", "DELETE false", "privacy"),
        *(row for row in given if "a_test" in row[1]),
    }


@pytest.mark.parametrize("part", ["_GRANTS", "_PROTECTION", "_OWN_RIGHTS"])
async def test_the_comparison_sees_a_right_that_is_left_out(
    settings: Settings, topics: Topics, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """A swap without the last grant, the policies, or what the owner has lost."""
    await topics.write([("consultation", 1, consultation(1))])
    await catch_up(settings)
    await as_owner(settings, UNUSUAL)
    before = await rights(settings)
    if part == "_GRANTS":
        one = f"{rebuild_objects._GRANTS} OFFSET 1"
        monkeypatch.setattr(rebuild_objects, part, one)
    else:
        monkeypatch.setattr(rebuild_objects, part, "SELECT '' WHERE $1::text[] IS NULL")
    await rebuild_sink(settings, SinkKind.CONTENT)
    after = await rights(settings)
    assert after != before
    if part == "_GRANTS":
        assert len(set(before) - set(after)) == 1


async def test_killed_in_any_step_the_live_tables_stay_whole_and_the_next_rebuild_resumes(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(MANY))
    await catch_up(settings)
    await fetch(settings, "UPDATE content.consultation SET weight_g = 1 WHERE source_offset = 7")
    await fetch(settings, "DELETE FROM content.consultation WHERE source_offset = 8")
    reader = await Database(settings).connect(OWNER)
    try:
        for step in STEPS:
            # A reader's transaction: the last step waits for it, before it changes anything.
            reading = reader.transaction()
            await reading.start()
            await reader.fetch("SELECT count(*) FROM content.consultation")
            with ending(started(settings, "rebuild", "content")) as process:
                await asyncio.to_thread(_until_line, process, step)
                process.send_signal(signal.SIGKILL)
            await reading.rollback()
            assert await statuses(settings) == {"live": MANY - 1}
            (wrong,) = await fetch(
                settings, "SELECT weight_g FROM content.consultation WHERE source_offset = 7"
            )
            assert wrong["weight_g"] == 1
    finally:
        await reader.close()
    with ending(started(settings, "rebuild", "content", "--json")) as process:
        out, said = await asyncio.to_thread(process.communicate, timeout=HANGING_S)
        assert process.returncode == 0, said
    answer = json.loads(out)
    assert (answer["resumed"], answer["records"]) == (True, 0)
    assert await statuses(settings) == {"live": MANY}
    (right,) = await fetch(
        settings, "SELECT weight_g FROM content.consultation WHERE source_offset = 7"
    )
    assert right["weight_g"] == 4500
    await assert_equal(settings)
    assert await fetch(settings, SCHEMAS, OWNER) == []


def _until_line(process: Any, text: str) -> None:
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the rebuild ended before: {text}")


async def test_the_live_sink_and_its_readers_continue_through_the_swap(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(MANY))
    with ending(started(settings, "content")) as process:
        await until_rows(settings, MANY)
        rebuilding = asyncio.create_task(rebuild_sink(settings, SinkKind.CONTENT))
        number = MANY
        while not rebuilding.done():
            await topics.write([("consultation", number, consultation(number))])
            number += 1
            assert sum((await statuses(settings)).values()) >= MANY
        done = await rebuilding
        await topics.write([("consultation", number, consultation(number))])
        await until_rows(settings, number + 1)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(process.communicate, timeout=HANGING_S)
        assert process.returncode == 0, said
        assert "replaced by a rebuild" in said
    assert done.records >= MANY
    assert await statuses(settings) == {"live": number + 1}
    await assert_equal(settings)


async def test_what_the_topics_no_longer_have_is_carried_over_and_counted(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(4))
    await write_receipts(topics, 2)
    await catch_up(settings)
    await fetch(
        settings,
        # A delivery whose receipt the topic has deleted, and a row whose key it has not.
        "INSERT INTO content.delivery SELECT (jsonb_populate_record(d, "
        "'{\"source_offset\": -5}')).* FROM content.delivery d WHERE source_offset = 0",
    )
    await fetch(
        settings,
        "UPDATE content.consultation SET consultation_key = gen_random_uuid() "
        "WHERE source_offset = 3",
    )
    done = await rebuild_sink(settings, SinkKind.CONTENT, keep=True)
    logs = {one.table: (one.rows, one.unverified) for one in done.logs}
    assert logs == {"content.delivery": (3, 1), "content.delivery_finding": (2, 0)}
    removed = {one.table: one.rows for one in done.removed}
    assert removed == {"content.consultation": 1, "content.appointment": 0}
    noted = await fetch(settings, "SELECT source FROM analytics.removed", OWNER)
    assert [row["source"] for row in noted] == ["consultation"]
    await assert_equal(settings)
    assert done.kept_in == "content_replaced"
    (old,) = await fetch(settings, "SELECT count(*) FROM content_replaced.delivery", OWNER)
    assert old["count"] == 3
    with pytest.raises(ConfigurationError, match="content_replaced holds the old tables"):
        await rebuild_sink(settings, SinkKind.CONTENT)
    await fetch(settings, "COMMENT ON SCHEMA content_replaced IS NULL", OWNER)
    # As if the rebuild had been killed after its swap: the next one drops what was left.
    assert (await rebuild_sink(settings, SinkKind.CONTENT)).kept_in is None
    assert await fetch(settings, SCHEMAS, OWNER) == []


async def test_a_start_for_other_epochs_begins_again(settings: Settings, topics: Topics) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(4))
    await catch_up(settings)
    with ending(started(settings, "rebuild", "content")) as process:
        await asyncio.to_thread(_until_line, process, STEPS[1])
        process.send_signal(signal.SIGKILL)
    if await fetch(settings, SCHEMAS, OWNER):
        await fetch(settings, "UPDATE content.sink_position SET epoch = epoch + 5")
    done = await rebuild_sink(settings, SinkKind.CONTENT)
    assert not done.resumed
    await assert_equal(settings)


async def test_verify_compares_receipts_and_units(settings: Settings, topics: Topics) -> None:
    await write_receipts(topics, 4)
    await catch_up(settings)
    await assert_equal(settings)
    await fetch(settings, "UPDATE content.delivery SET item_count = 9 WHERE source_offset = 0")
    await fetch(settings, "DELETE FROM content.delivery_finding WHERE source_offset = 1")
    await fetch(settings, "UPDATE content.delivery SET source_offset = 3 WHERE source_offset = 2")
    await fetch(settings, "DELETE FROM content.unit")
    found = {r.topic: r for r in await verify_values(settings, SinkKind.CONTENT)}
    receipts = found[RECEIPTS]
    assert (receipts.missing, receipts.different, receipts.extra) == (2, 1, 1)
    assert {offset for _, offset in receipts.places} >= {0, 1, 2}
    assert found["kpr.hst.unit"].missing == 1


async def test_the_identity_sink_continues_too(settings: Settings, topics: Topics) -> None:
    await topics.write([("identity", n, identity(n)) for n in range(9)])
    await catch_up(settings, SinkKind.IDENTITY)
    done = await rebuild_sink(settings, SinkKind.IDENTITY)
    assert (done.records, done.histories, done.logs) == (9, (), ())
    async with writing(settings) as again:
        await again.write([("identity", 10, identity(10))])
    await catch_up(settings, SinkKind.IDENTITY)
    await assert_equal(settings, SinkKind.IDENTITY)
