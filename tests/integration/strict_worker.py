"""A worker with a wrong rule, whose columns raise: ``python -m tests.integration.strict_worker``.

Its START_IMPOSSIBLE rejects every start before the year 2030. The rest is the real worker. A real
one that takes its lanes over finds items in quarantine that the rules accept. Since deciding in
columns raises, every batch goes item by item.
"""

from __future__ import annotations

from datetime import date
from typing import Never

from kpr_stream.rules import times

times.FIRST_DAY = (date(2030, 1, 1) - date(1970, 1, 1)).days


def raising(*_: object, **__: object) -> Never:
    raise ArithmeticError


if __name__ == "__main__":
    # The catalogue is built when it is imported: after the change.
    from kpr_stream.processor.worker import build
    from kpr_stream.processor.worker.main import run_worker
    from kpr_stream.settings import Settings

    vars(build).update(plan_batch=raising, COLUMNS_FROM_ITEMS=1)
    run_worker(Settings())
