"""Columns follow the schemas."""

from __future__ import annotations

import pytest

from kpr_stream.schemas.catalogue import schema
from kpr_stream.sinks.tables import SOURCE_COLUMNS, SinkKind, sink


@pytest.mark.parametrize("kind", list(SinkKind))
def test_every_field_has_its_column(kind: SinkKind) -> None:
    for table in sink(kind).tables:
        names = [n for n in table.column_names if n not in {c.name for c in SOURCE_COLUMNS}]
        fields = schema(table.record).field_names
        assert [f for f in fields if f not in names] == (
            ["sealed"] if table.record == "identity" else []
        )
        assert [n for n in names if n not in fields] == (
            ["sealed_key_id", "sealed_nonce", "sealed_ciphertext"]
            if table.record == "identity"
            else []
        )


def test_only_a_records_frame_outlives_its_content() -> None:
    consultation, appointment = sink(SinkKind.CONTENT).tables
    for table in (consultation, appointment):
        kept = [c.name for c in table.columns if not c.content]
        assert kept == [
            table.key,
            *("status", "org_nr", "system", "extracted_at", "sequence", "received_at"),
            *("rule_set_version", "reference_version"),
            *(c.name for c in SOURCE_COLUMNS),
        ]


def test_the_sinks_share_nothing() -> None:
    content, identity = (sink(kind) for kind in SinkKind)
    assert content.lock_id != identity.lock_id
    assert content.principal != identity.principal
    assert content.database_role != identity.database_role
    assert {t.topic for t in content.tables}.isdisjoint(t.topic for t in identity.tables)
