"""Read what tables have beside their rows, as statements that make it for the new tables.

Everything comes from the catalogue of the server, so that a later migration is covered too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import asyncpg

from kpr_stream.errors import ConfigurationError

_TABLES: Final = """
SELECT format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES)%s', $1::text,
    c.relname, c.oid::regclass,
    CASE WHEN c.reloptions IS NOT NULL
        THEN format(' WITH (%s)', array_to_string(c.reloptions, ', ')) ELSE '' END)
FROM pg_class c WHERE c.oid = ANY($2::regclass[])
UNION ALL
SELECT format('COMMENT ON TABLE %I.%I IS %L', $1::text, c.relname,
    obj_description(c.oid, 'pg_class'))
FROM pg_class c WHERE c.oid = ANY($2::regclass[]) AND obj_description(c.oid, 'pg_class') IS NOT NULL
"""
_OWN_RIGHTS: Final = """
SELECT format('REVOKE ALL ON %s FROM %I', c.oid::regclass, pg_get_userbyid(c.relowner))
FROM pg_class c WHERE c.oid = ANY($1::regclass[]) AND c.relacl IS NOT NULL
"""
"""What a new table's owner has by itself: a table may be append-only for its owner too."""
_GRANTS: Final = """
SELECT format('GRANT %s%s ON %s TO %s%s', a.privilege_type, a.columns, c.oid::regclass,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_class c
CROSS JOIN LATERAL (
    SELECT g.*, '' AS columns FROM aclexplode(c.relacl) g
    UNION ALL
    SELECT g.*, format(' (%I)', t.attname) FROM pg_attribute t, aclexplode(t.attacl) g
    WHERE t.attrelid = c.oid AND t.attnum > 0
) a
WHERE c.oid = ANY($1::regclass[])
"""
"""Those of the owner are among them, and those of single columns."""
_KEYS: Final = """
SELECT format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', $1::text, c.relname, k.conname,
    pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.oid = ANY($2::regclass[]) AND k.contype IN ('p', 'u')
"""
_INDEXES: Final = """
SELECT regexp_replace(
    replace(pg_get_indexdef(i.indexrelid), format(' ON %s ', c.oid::regclass),
        format(' ON %I.%I ', $1::text, c.relname)),
    ' INDEX ', ' INDEX IF NOT EXISTS ')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.oid = ANY($2::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
_PROTECTION: Final = """
SELECT format('ALTER TABLE %s %s ROW LEVEL SECURITY', c.oid::regclass, verb)
FROM pg_class c
CROSS JOIN LATERAL (VALUES ('ENABLE', c.relrowsecurity), ('FORCE', c.relforcerowsecurity))
    AS flag (verb, wanted)
WHERE c.oid = ANY($1::regclass[]) AND wanted
UNION ALL
SELECT format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', p.policyname, p.schemaname,
    p.tablename, p.permissive, p.cmd,
    (SELECT string_agg(quote_ident(role), ', ') FROM unnest(p.roles) role),
    ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
WHERE c.oid = ANY($1::regclass[])
UNION ALL
SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t
WHERE t.tgrelid = ANY($1::regclass[]) AND NOT t.tgisinternal
"""
_DEPENDENTS: Final = """
SELECT format('CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass,
    CASE WHEN v.reloptions IS NOT NULL
        THEN format(' WITH (%s)', array_to_string(v.reloptions, ', ')) ELSE '' END,
    pg_get_viewdef(v.oid))
FROM pg_class v
WHERE v.relkind = 'v' AND v.oid IN (
    SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = ANY($1::regclass[]))
UNION ALL
SELECT pg_get_functiondef(f.oid) FROM pg_proc f
WHERE f.oid IN (
    SELECT d.objid FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = ANY($1::regclass[]))
UNION ALL
SELECT format('ALTER POLICY %I ON %I.%I%s%s', p.policyname, p.schemaname, p.tablename,
    ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
WHERE (c.oid, p.policyname) IN (
    SELECT o.polrelid, o.polname FROM pg_depend d JOIN pg_policy o ON o.oid = d.objid
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = ANY($1::regclass[]) AND o.polrelid <> ALL($1::regclass[]))
"""
_IN_THE_WAY: Final = """
SELECT pg_describe_object(d.classid, d.objid, 0)
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class v ON v.oid = r.ev_class
LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
LEFT JOIN pg_type y ON d.refclassid = 'pg_type'::regclass AND y.oid = d.refobjid
WHERE (d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY($1::regclass[])
        AND (v.relkind = 'm' OR k.conrelid <> ALL($1::regclass[])))
    OR (y.typrelid = ANY($1::regclass[]) AND d.classid = 'pg_proc'::regclass)
"""
_LEFT_BEHIND: Final = """
SELECT pg_describe_object(d.classid, d.objid, 0)
FROM pg_depend d
LEFT JOIN pg_policy o ON d.classid = 'pg_policy'::regclass AND o.oid = d.objid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY($1::regclass[])
    AND (d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass)
        OR o.polrelid <> ALL($1::regclass[]))
"""


@dataclass(frozen=True, slots=True)
class NewTables:
    """Statements that make the new tables: before they are filled, and after it."""

    tables: list[str]
    indexes: list[str]


async def new_tables(connection: asyncpg.Connection, new: str, names: list[str]) -> NewTables:
    """Return how tables like the live ones are made in a new schema.

    ``names`` are the live tables with their schema. Comments and storage options come with the
    tables; grants, row-level security and triggers follow at the swap.
    """
    made = await _statements(connection, _TABLES, new, names)
    made += await _statements(connection, _KEYS, new, names)
    return NewTables(made, await _statements(connection, _INDEXES, new, names))


async def protection(connection: asyncpg.Connection, names: list[str]) -> list[str]:
    """Return how the new tables get rights, policies and triggers, once they have the live names.

    They are those of the live tables at the swap: a right that was granted or revoked while the
    topics were read is not lost, and does not return.
    """
    parts = (_OWN_RIGHTS, _GRANTS, _PROTECTION)
    return [made for part in parts for made in await _statements(connection, part, names)]


async def dependents(connection: asyncpg.Connection, names: list[str]) -> list[str]:
    """Return how views, functions and others' policies are made again, to read the new tables.

    ConfigurationError names an object that cannot be made again while others use it.
    """
    found = await _statements(connection, _IN_THE_WAY, names)
    if found:
        raise ConfigurationError(
            f"A rebuild cannot replace the tables while this depends on them: {found[0]}.",
            what_to_do="Drop it, rebuild, and make it again.",
        )
    return await _statements(connection, _DEPENDENTS, names)


async def left_behind(connection: asyncpg.Connection, names: list[str]) -> list[str]:
    """Return what still reads tables that were moved away."""
    return await _statements(connection, _LEFT_BEHIND, names)


async def _statements(connection: asyncpg.Connection, sql: str, *values: object) -> list[str]:
    return [row[0] for row in await connection.fetch(sql, *values)]
