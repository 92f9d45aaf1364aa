"""The ledger in memory answers as the ledger on disk does."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.state.entries import NATURAL_BYTES, SEARCHED, Entries
from kpr_stream.processor.state.memory import MemoryLedger

FIRST_KEYS = [bytes((n,)) * (NATURAL_BYTES - 1) for n in range(3)]
marks = st.sampled_from([*sorted(SEARCHED), b"c", b"u"])
entry_keys = st.builds(
    lambda mark, first, rest: mark + first + rest,
    marks,
    st.sampled_from(FIRST_KEYS),
    st.sampled_from([b"", b"a", b"b"]),
)
writes = st.lists(st.dictionaries(entry_keys, st.sampled_from([b"", b"1", b"2"])), max_size=6)


@settings(max_examples=25)
@given(writes)
def test_every_read_is_that_of_the_ledger_on_disk(puts: list[Entries]) -> None:
    with TemporaryDirectory() as folder:
        disk, memory = Ledger(Path(folder) / "0", LedgerMemory()), MemoryLedger()
        for entries in puts:
            disk.write(entries)
            memory.write(entries)
        keys = [key for entries in puts for key in entries]
        prefixes = {key[:length] for key in keys for length in (1, NATURAL_BYTES)} | {b"n"}
        assert memory.get_many(keys) == disk.get_many(keys)
        assert [memory.get(key) for key in keys] == [disk.get(key) for key in keys]
        assert sorted(memory.entries.items()) == list(disk.entries())
        for prefix in prefixes:
            assert memory.entries_from(prefix) == list(disk.entries_from(prefix))
        asked = [*prefixes, *prefixes]
        assert disk.entries_from_many(asked) == memory.entries_from_many(asked)
        disk.close()
