"""Running one worker process: logging, metrics endpoint, event loop."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import NoReturn

from prometheus_client import CollectorRegistry

from kpr_stream.errors import DiskError
from kpr_stream.metrics import Metrics, serve
from kpr_stream.processor.app import faust_folder
from kpr_stream.processor.commit import StepHook
from kpr_stream.processor.measure import MetricsObserver
from kpr_stream.processor.worker import build_worker, no_hook
from kpr_stream.reference.load import municipality_codes
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def make_folder(path: Path) -> None:
    """Make a folder with all above it; DiskError says why it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise DiskError(
            f"The folder {path} cannot be made: {cause.strerror}.",
            what_to_do="Make room or give the right to write there, or set KPR_HOME.",
        ) from None


def run_worker(settings: Settings, *, after_step: StepHook = no_hook) -> NoReturn:
    """Serve until SIGTERM; exits the process. ``after_step`` is a hook for tests."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    for noisy in ("faust", "mode", "aiokafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(registry, municipalities=municipality_codes()))
    make_folder(faust_folder(settings))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_worker(settings, observer, after_step=after_step, loop=loop)
    port = serve(settings, registry)
    log.info("worker %s: metrics on %s:%d", settings.instance, settings.metrics_host, port)
    worker.execute_from_commandline()
