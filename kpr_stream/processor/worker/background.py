"""Run what a worker needs besides its lanes, for as long as the worker lives."""

from __future__ import annotations

from typing import Final

from mode import Service

from kpr_stream.metrics.health import Health
from kpr_stream.processor.adapters.release_reader import ReleaseReader
from kpr_stream.processor.adapters.rights_reader import RightsReader
from kpr_stream.processor.adapters.sandbox import Sandbox
from kpr_stream.processor.lanes.assignment import Lanes
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.worker.topic_watch import TopicWatch
from kpr_stream.processor.worker.watchdog import Watchdog

OBSERVE_S: Final = 5.0
"""Prometheus scrapes every 15 s or so: values that are updated more often would never be read."""


class Background(Service):
    """Run frames, readers, watchdog and the watch on topics, and report what waits in the lanes."""

    def __init__(
        self,
        *,
        frames: FrameStage,
        sandbox: Sandbox,
        rights: RightsReader,
        releases: ReleaseReader,
        lanes: Lanes,
        watchdog: Watchdog,
        topics: TopicWatch,
        health: Health,
    ) -> None:
        super().__init__()
        self._frames, self._sandbox, self._rights = frames, sandbox, rights
        self._lanes, self._watchdog, self._topics = lanes, watchdog, topics
        self._health, self._releases = health, releases

    async def on_stop(self) -> None:
        """End the sandbox's process, if there is one."""
        self._sandbox.close()

    @Service.task
    async def _serve_frames(self) -> None:
        await self._frames.run()

    @Service.task
    async def _read_rights(self) -> None:
        await self._rights.run()

    @Service.task
    async def _read_releases(self) -> None:
        await self._releases.run()

    @Service.task
    async def _compare_topics(self) -> None:
        await self._topics.run()

    @Service.task
    async def _tick(self) -> None:
        await self._watchdog.tick()

    @Service.task
    async def _judge(self) -> None:
        await self._health.run()

    @Service.timer(OBSERVE_S)
    async def _observe(self) -> None:
        await self._lanes.observe()
