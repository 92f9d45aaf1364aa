"""A whole stack, all who watch it, and a clock by which a day takes half a minute."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpr_stream.database.migrate import migrate
from kpr_stream.settings import Settings
from tests.acceptance.prometheus.alerting import monitoring
from tests.acceptance.prometheus.mailbox import Mailbox, mailbox
from tests.acceptance.prometheus.server import Server
from tests.integration.at_work import WORKER, AtWork, at_work, command_line
from tests.support.child import Child
from tests.support.poll import HANGING_S

CLOCK: Final = "2026-01-13T08:00:00+01:00 x2880"
"""A day takes 30 seconds; the next month has neither holidays nor a school break."""
WHY: Final = ("--reason", "An alert is tried")
CONTACT: Final = "post@kommune.example"
"""The registered address of a unit."""
OPERATORS: Final = "drift@example.org"
PRODUCT: Final = (sys.executable, "-m", "kpr_stream")
CHILDREN: Final[Mapping[str, Sequence[str]]] = {
    "content": (*PRODUCT, "sink", "content"),
    "identity": (*PRODUCT, "sink", "identity"),
    "projector": (*PRODUCT, "projector"),
    "exporter": (*PRODUCT, "exporter"),
    "probe": (sys.executable, "-m", "tests.acceptance.prometheus.quick_probe"),
}
"""What runs beside the worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The stack and those who watch it."""

    settings: Settings
    folder: Path
    group: str
    work: AtWork
    server: Server
    mails: Mailbox
    worker: AsyncExitStack
    """Ends the worker."""
    children: dict[str, Child]

    async def command(self, *arguments: str) -> str:
        """Run a command of the product that must succeed; return what it printed."""
        return await _succeeding(self.settings, *arguments)


@asynccontextmanager
async def watched(
    settings: Settings,
    folder: Path,
    *,
    group: str,
    contact_of: str,
    worker: Sequence[str] = WORKER,
    **environment: Any,
) -> AsyncIterator[Watched]:
    """Run everything until Prometheus sees all of it and the probe is answered.

    ``contact_of``: the unit with a registered contact. ``environment`` is the worker's.
    """
    await migrate(settings)
    stored = ("registry", "contact", contact_of, "--name", "Post", *WHY, "--email", CONTACT)
    await _succeeding(settings, *stored)
    addresses = await _succeeding(settings, "registry", "mail-addresses", "--otherwise", OPERATORS)
    async with AsyncExitStack() as ends:
        serving = await ends.enter_async_context(AsyncExitStack())
        work = await serving.enter_async_context(
            at_work(settings, folder, group=group, workers=1, command=worker, **environment)
        )
        children = {name: child(settings, folder, name, group) for name in CHILDREN}
        for one in children.values():
            ends.callback(one.stop)
            one.start()
        mails = await ends.enter_async_context(mailbox())
        server = await ends.enter_async_context(
            monitoring(folder, settings.home, mail_port=mails.port, addresses=addresses)
        )
        await server.until(f"count(kpr_ready == 1) == {1 + len(children)}", HANGING_S)
        await server.until("kpr_probe_last_success_timestamp_seconds > 0", HANGING_S)
        yield Watched(
            settings=settings,
            folder=folder,
            group=group,
            work=work,
            server=server,
            mails=mails,
            worker=serving,
            children=children,
        )


def child(settings: Settings, folder: Path, name: str, group: str) -> Child:
    """Return one of the processes beside the worker, not started yet. ``group``: the workers'."""
    environment = {
        "KPR_HOME": str(settings.home),
        "KPR_APP_ID": group,
        "KPR_TEST_CLOCK": CLOCK,
    }
    return Child(CHILDREN[name], folder / f"{name}.log", **environment)


async def _succeeding(settings: Settings, *arguments: str) -> str:
    code, out, err = await command_line(settings, *arguments)
    assert code == 0, err
    return str(out)
