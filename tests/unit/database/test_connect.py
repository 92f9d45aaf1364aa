"""What is said of a server that cannot be used: never a part of the address that may be secret."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from kpr_stream.database.connect import connect
from kpr_stream.errors import DatabaseError
from kpr_stream.settings import Settings


@pytest.mark.parametrize("dsn", ["rubbish", "kpr_owner:word@db.example/kpr", "http://word@db/kpr"])
async def test_an_address_that_is_none_is_not_quoted(dsn: str) -> None:
    with pytest.raises(DatabaseError, match="KPR_POSTGRES_DSN is not a valid address") as told:
        await connect(Settings(postgres_dsn=SecretStr(dsn)), "operator")
    for part in ("rubbish", "word@"):
        assert part not in str(told.value).replace("user:password@", "")
