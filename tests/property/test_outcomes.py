"""Any history of deliveries ends as the reference model says, whatever happens on the way."""

from __future__ import annotations

from tests.property.state_machine.history import History

TestHistory = History.TestCase
