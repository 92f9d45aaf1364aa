"""The page of a sandbox: what it shows, what may be ordered, and who may ask."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from kpr_stream.errors import ConfigurationError
from kpr_stream.trial_receiver.faults import FaultKind, PlayedFault
from kpr_stream.trial_receiver.page import MOST_ORDER_BYTES, Page, Shown
from kpr_stream.trial_receiver.sent import for_page
from tests.support.deliveries import ORG_NR, consultation
from tests.unit.conformance.test_checks import hello, record

JSON = {"Content-Type": "application/json"}


class Served:
    """A page of two records; ``ordered`` has what was ordered on it."""

    def __init__(self) -> None:
        self.ordered: list[PlayedFault] = []
        self.log = [hello(1), record(2)]
        shown = Shown(
            about={"system": "visma-hspro"},
            sent=lambda: [for_page(one) for one in self.log],
            order=self.ordered.append,
        )
        self.page = Page(shown)
        self.port = urlsplit(self.page.address).port or 0

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            asked.request(method, path, body, headers)
            answer = asked.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            asked.close()

    # An answer that comes before the body was read may end the connection while it is sent: what is
    # refused by its headers has no body here.
    def order(self, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        status, answer, _ = self.ask("POST", "/faults", body, **{**JSON, **headers})
        return status, json.loads(answer)


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served()
    with found.page:
        yield found


def test_the_page_fetches_nothing_but_its_own_json(served: Served) -> None:
    status, body, headers = served.ask("GET", "/?again=1")
    page = body.decode("utf-8")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page
    assert re.findall(r"fetch\(([^)]*)\)", page) == ['"sent.json"']
    assert "http" not in page.replace("http-equiv", "")
    assert "innerHTML" not in page, "what a sender wrote would be read as markup"


def test_what_came_is_shown_as_it_is_now_and_without_an_item(served: Served) -> None:
    _, body, _ = served.ask("GET", "/sent.json")
    found = json.loads(body)
    assert found["about"] == {"system": "visma-hspro"}
    first, second = found["sent"]
    assert (first["envelope"]["message_type"], first["answer"]["status"]) == ("hello", "hello")
    assert (second["envelope"]["org_nr"], second["envelope"]["sequence"]) == (ORG_NR, 1)
    assert consultation(10)["fnr"].encode() not in body
    served.log.append(record(3, sequence=2))
    assert len(json.loads(served.ask("GET", "/sent.json")[1])["sent"]) == 3


def test_there_is_no_other_path(served: Served) -> None:
    status, body, _ = served.ask("GET", "/etc")
    assert (status, json.loads(body)) == (404, {"error": "There are / and /sent.json."})


def test_a_fault_is_ordered(served: Served) -> None:
    fault = {"fault": "lose_receipts", "count": 2, "org_nr": "310000000"}
    assert served.order(json.dumps(fault).encode()) == (202, {"ordered": "lose_receipts"})
    assert served.ordered == [
        PlayedFault(kind=FaultKind.LOSE_RECEIPTS, count=2, org_nr="310000000")
    ]


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (b"", {"Content-Type": "text/plain"}, "Post application/json to /faults."),
        (b'{"fault": "fire"}', {}, "the fault of the order is not one of"),
        (b"[]", {}, "the order is not an object"),
        (b"no json", {}, "The order is no JSON."),
        (b"\xff", {}, "The order is no JSON."),
        (b"", {"Content-Length": f"{MOST_ORDER_BYTES + 1}"}, f"At most {MOST_ORDER_BYTES} bytes."),
    ],
)
def test_what_is_no_order_is_refused_with_its_reason(
    served: Served, body: bytes, headers: dict[str, str], why: str
) -> None:
    status, answer = served.order(body, **headers)
    assert status == 400
    assert why in answer["error"]
    assert served.ordered == []


@pytest.mark.parametrize("host", ["sandbox.example:80", "127.0.0.1", "", "127.0.0.1.example:80"])
def test_a_page_of_another_site_reads_and_orders_nothing(served: Served, host: str) -> None:
    status, body, _ = served.ask("GET", "/sent.json", Host=host)
    assert (status, json.loads(body)) == (403, {"error": "Ask for 127.0.0.1."})
    assert served.order(b"", Host=host)[0] == 403
    assert served.ordered == []


def test_a_page_that_has_ended_answers_no_more(served: Served) -> None:
    assert served.ask("GET", "/", Host=f"localhost:{served.port}")[0] == 200
    other = Served()
    with other.page:
        pass
    with pytest.raises(OSError, match="refused"):
        other.ask("GET", "/")


def test_a_port_that_is_taken_is_named(served: Served) -> None:
    shown = Shown(about={}, sent=list, order=lambda _: None)
    with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{served.port}"):
        Page(shown, port=served.port)
