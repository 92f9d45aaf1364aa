"""The queries that choose what is sent next, and count what is not answered."""

from __future__ import annotations

from typing import Final

IN_FLIGHT: Final = """
SELECT coalesce(sum(record_bytes), 0) FROM delivery WHERE state <> 'done' AND state = 'sent'
"""
"""Bytes that are sent and unanswered. The first condition is that of an index: without it every
delivery there ever was is looked at."""

UNANSWERED: Final = """
SELECT count(*), coalesce(sum(record_bytes), 0) FROM delivery
WHERE state <> 'done' AND org_nr IN (SELECT org_nr FROM unit WHERE status = 'open')
"""
WAITING_FOR: Final = """
SELECT count(*), org_nr, min(sequence) FROM delivery WHERE state <> 'done' AND state = 'sent'
"""

SENDABLE: Final = """
SELECT d.delivery_id, d.record_bytes
FROM unit u CROSS JOIN delivery d ON d.org_nr = u.org_nr
WHERE u.status = 'open' AND d.state <> 'done' AND d.state = 'ready'
  AND d.sequence < ? + (
    SELECT min(o.sequence) FROM delivery o WHERE o.org_nr = u.org_nr AND o.state <> 'done'
  )
ORDER BY d.sequence, d.org_nr
"""
# The sequences of a unit have no gaps, so the window begins at its oldest unanswered one: a backlog
# of thousands is not looked at; CROSS JOIN begins at the units. The order by sequence takes one of
# each unit in turn.
