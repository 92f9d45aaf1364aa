"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# The brokers of the tests live for minutes: the second compiler of Java costs more than it gains.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# A shared machine stalls: how long one example takes says nothing about the code.
settings.register_profile("no-deadline", deadline=None)
# Half an hour of histories: pytest tests/property/test_outcomes.py --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=20_000)
# `make check`: before every commit, in less than two minutes. `make test` runs the full number.
settings.register_profile("check", deadline=None, max_examples=10)
settings.load_profile("no-deadline")
