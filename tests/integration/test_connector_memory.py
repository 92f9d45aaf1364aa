"""A connector stays below 200 MB, whatever the size of the export."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.simulate.identifiers import org_nr
from tests.support.poll import HANGING_S
from tests.unit.connectors.exports import FNR, consultation, unit, write

MOST_BYTES: Final = 200_000_000
UNITS: Final = 8
FILES: Final = 6
ITEMS: Final = 2_500
"""Of a file: some 2 MB."""
SYSTEM: Final = System.EG_INFODOC
# VmHWM begins at 0 with the program; ru_maxrss would begin with that of the tests' process.
MEASURED: Final = """
import sys
from pathlib import Path
from kpr_stream.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text().splitlines()
    print(next(line for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


@pytest.mark.long
async def test_a_large_export_takes_no_more_memory_than_the_page_says(
    stack: Settings, tmp_path: Path
) -> None:
    size = large_export(tmp_path / "exports")
    environment = os.environ | {
        "KPR_HOME": str(stack.home),
        "KPR_OUTBOX_DIR": str(tmp_path / "outbox"),
    }
    answerer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.answerer", SYSTEM),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert answerer.stdout is not None
        async with asyncio.timeout(HANGING_S):
            assert await answerer.stdout.readline() == b"ready\n"
        connector = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", MEASURED, "connect", str(tmp_path / "exports")),
            *("--system", SYSTEM, "--json"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(HANGING_S):
            out, messages = await connector.communicate()
    finally:
        answerer.kill()
        await answerer.wait()
    assert json.loads(out)["items_sent"] == UNITS * FILES * ITEMS, messages
    (line,) = (line for line in messages.decode().splitlines() if line.startswith("VmHWM"))
    peak = int(line.split()[1]) * 1024
    assert peak < MOST_BYTES, f"{peak / 1e6:.0f} MB for an export of {size / 1e6:.0f} MB"


def large_export(folder: Path) -> int:
    """Write files of several units; return their bytes."""
    size = 0
    for number in range(UNITS):
        of_unit = org_nr(number)
        for month in range(1, FILES + 1):
            items = [
                consultation(
                    f"{month}-{n}",
                    datoTid=f"2025-{month:02}-07T{8 + n % 8:02}:15:00+01:00",
                    tjeneste="1",
                    konsultasjonType="1",
                    avdeling={"lokalenhetId": "1", "lokalNavn": "Avdelingens navn"},
                    person={"personId": f"P{n}", "fodselsNr": FNR, "kjonn": "1"},
                    maalinger={"vekt": 8.15, "lengde": 71.5, "hodeomkrets": 44.0},
                )
                for n in range(ITEMS)
            ]
            name = f"{month:06}_HST_Konsultasjon_2025-{month:02}_20250901T040000Z.json"
            path = write(folder / of_unit, [unit(*items, org_nr=of_unit)], name)
            size += path.stat().st_size
    return size
