"""Serve a sandbox until it is asked to end: stack, receiver and page."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver.faults import PlayedFault
from kpr_stream.trial_receiver.page import Page, Shown
from kpr_stream.trial_receiver.run import TrialReceiver
from kpr_stream.trial_receiver.script import Script
from kpr_stream.trial_receiver.sent import SentRecord, for_page
from kpr_stream.trial_receiver.stack import trial_stack
from kpr_stream.trial_receiver.vendor_files import VendorFolder

SHOWN: Final = 500
"""Newest records that the page shows: a browser draws more too slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxDisplay:
    """Where a sandbox shows what it does."""

    step: Callable[[str], None]
    ready: Callable[[dict[str, Any]], None]
    """Called once with the login and the address of the page."""
    came: Callable[[SentRecord], None]


def serve_sandbox(
    settings: Settings, system: System, script: Script, display: SandboxDisplay, *, port: int
) -> None:
    """Serve until SIGTERM or SIGINT."""
    folder = sandbox_folder(settings, system)
    with trial_stack(settings, folder, report=display.step) as own:
        vendor = VendorFolder(folder / "vendor")
        receiver = TrialReceiver(own, system, vendor, script=script, came=display.came)
        asyncio.run(_serve(receiver, display, port))


def sandbox_folder(settings: Settings, system: System) -> Path:
    """Return the folder of a system's sandbox: apart from the stack that `up` starts."""
    return settings.home / "sandbox" / system.value


async def _serve(receiver: TrialReceiver, display: SandboxDisplay, port: int) -> None:
    loop = asyncio.get_running_loop()
    running = loop.create_task(receiver.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    ready = loop.create_task(receiver.ready.wait())
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if not running.done():
        login = receiver.folder.login()

        def order(fault: PlayedFault) -> None:
            # The page runs in a thread of its own.
            loop.call_soon_threadsafe(receiver.order, fault)

        shown = Shown(
            about={"system": receiver.system.value, **login},
            sent=lambda: [for_page(one) for one in receiver.sent[-SHOWN:]],
            order=order,
        )
        with Page(shown, port=port) as page:
            display.ready({"page": page.address, "system": receiver.system.value, **login})
            await asyncio.wait({running})
    if not running.cancelled():
        running.result()
