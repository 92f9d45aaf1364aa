"""Whatever lies around a planted text, and in whichever form: the search finds it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.canary import Found, found_in, found_in_files

TEXT = "Kanari-søster 4711"
HIDDEN: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "UTF-16": lambda text: text.encode("utf-16"),
    "hex": lambda text: text.encode().hex().encode(),
    "base64": lambda text: b64encode(text.encode()),
    "JSON": lambda text: json.dumps(text).encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "bytes": lambda text: repr(text.encode()).encode(),
}


@pytest.mark.parametrize("form", HIDDEN)
@given(before=st.text(), after=st.text())
def test_a_planted_text_is_found_in_every_form(form: str, before: str, after: str) -> None:
    data = HIDDEN[form](f"{before}{TEXT}{after}".replace("'", ""))
    assert list(found_in("here", data, {"text": TEXT}))
    assert not list(found_in("here", data, {"another": "Kanari-mor 4711"}))


def test_files_are_searched_with_their_names(tmp_path: Path) -> None:
    (tmp_path / "quiet.log").write_text("nothing", "utf-8")
    (tmp_path / "Kanari-77.log").write_text("nothing", "utf-8")
    gone = tmp_path / "gone.log"
    paths = [*tmp_path.iterdir(), gone]
    assert set(found_in_files(paths, {"text": "Kanari-77"}, below=tmp_path)) >= {
        Found("Kanari-77.log", "text", "UTF-8")
    }
    (tmp_path / "Kanari-77.log").unlink()
    assert not list(found_in_files(paths, {"text": "Kanari-77"}, below=tmp_path))
