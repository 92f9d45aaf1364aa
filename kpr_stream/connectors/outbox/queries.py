"""The queries that choose what is sent next."""

from __future__ import annotations

from typing import Final

IN_FLIGHT: Final = """
SELECT coalesce(sum(record_bytes), 0) FROM delivery WHERE state <> 'done' AND state = 'sent'
"""
"""Bytes that are sent and unanswered. The first condition is that of an index."""

SENDABLE: Final = """
SELECT delivery_id, record_bytes FROM (
  SELECT d.delivery_id, d.record_bytes, d.state, d.sequence, d.org_nr,
         row_number() OVER (PARTITION BY d.org_nr ORDER BY d.sequence) AS place
  FROM delivery d JOIN unit u ON u.org_nr = d.org_nr
  WHERE d.state <> 'done' AND u.status = 'open'
)
WHERE state = 'ready' AND place <= ?
ORDER BY sequence, org_nr
"""
# A unit's sent deliveries come before its ready ones, so ``place`` counts everything unanswered.
# The order by sequence takes one of each unit in turn.
