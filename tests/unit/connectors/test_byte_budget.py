from __future__ import annotations

import asyncio

from kpr_stream.connectors.byte_budget import ByteBudget


async def test_files_are_read_together_up_to_the_limit_and_a_larger_one_alone() -> None:
    budget = ByteBudget(limit=10)
    inside: list[int] = []
    most: list[int] = []

    async def read(size: int) -> None:
        async with budget.spent(size):
            inside.append(size)
            most.append(sum(inside))
            await asyncio.sleep(0)
            inside.remove(size)

    async with asyncio.timeout(30):
        await asyncio.gather(*(read(size) for size in (4, 4, 4, 25, 10, 1, 0)))
    assert max(total for total in most if total != 25) <= 10
    assert 25 in most
    assert len(most) == 7
    assert inside == []
