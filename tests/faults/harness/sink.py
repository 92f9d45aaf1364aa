"""A sink under test: the real command, its way to the database led through a proxy.

``python -m tests.faults.harness.sink content``; see ``route``.
"""

from __future__ import annotations

import os
import sys

from kpr_stream.cli import main
from tests.faults.harness.route import ROUTE, lead_through

if __name__ == "__main__":
    lead_through(os.environ.get(ROUTE, ""))
    sys.argv[1:1] = ["sink"]
    main()
