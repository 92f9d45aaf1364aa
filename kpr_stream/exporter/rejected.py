"""Count the rejected items of the last 30 days by unit, from first receipt parts. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from kpr_stream.model.report_deadline import norwegian_date
from kpr_stream.model.utc_time import known_time
from kpr_stream.model.words import Outcome, ReceiptStatus

DAYS: Final = timedelta(30)

Unit = tuple[str, str]
"""Org number and system."""


class RejectedItems:
    """Rejected items by unit and Norwegian day; days that are over are forgotten."""

    def __init__(self) -> None:
        self._by_day: dict[date, Counter[Unit]] = defaultdict(Counter)

    def add(self, receipt: Mapping[str, Any]) -> None:
        """Count a receipt's first part."""
        at = known_time(receipt["received_at"])
        rejected = receipt["counts"][Outcome.REJECTED]
        if at is not None and rejected and receipt["status"] == ReceiptStatus.PROCESSED:
            self._by_day[norwegian_date(at)][receipt["org_nr"], receipt["system"]] += rejected

    def totals(self, today: date) -> Counter[Unit]:
        """Return the items of each unit, today and the 30 days before."""
        for day in [one for one in self._by_day if one < today - DAYS]:
            del self._by_day[day]
        return sum(self._by_day.values(), start=Counter())
