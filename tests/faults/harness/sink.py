"""Run the real sink command with its database connections routed through a proxy.

``python -m tests.faults.harness.sink content``; see ``route`` for the variable.
"""

from __future__ import annotations

import os
import sys

from kpr_stream.cli import main
from tests.faults.harness.route import ROUTE, route_through_proxy

if __name__ == "__main__":
    route_through_proxy(os.environ.get(ROUTE, ""))
    sys.argv[1:1] = ["sink"]
    main()
