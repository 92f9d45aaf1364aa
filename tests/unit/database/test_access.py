"""The DSN of a role: where it comes from, and what is reported when it is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn
from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings
from tests.support.home import write_stack


@pytest.fixture(autouse=True)
def _no_dsn_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KPR_POSTGRES_DSN", raising=False)


def test_a_stored_database_password_is_quoted_in_the_dsn(tmp_path: Path) -> None:
    stack = write_stack(tmp_path)
    dsn = postgres_dsn(Settings(home=stack), "content-sink")
    assert dsn.get_secret_value() == "postgresql://content-sink:p%2Fw%40rd@127.0.0.1:15432/kpr"
    assert "p%2Fw" not in repr(dsn)
    own = Settings(home=stack, postgres_dsn=SecretStr("postgresql://own"))
    assert postgres_dsn(own, "content-sink").get_secret_value() == "postgresql://own"


def test_a_missing_login_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no postgres password for nobody"):
        postgres_dsn(Settings(home=write_stack(tmp_path)), "nobody")
