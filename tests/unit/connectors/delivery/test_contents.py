"""Which item of a delivery has which place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.connectors.delivery.contents import SentItems, contents_of, make_contents
from kpr_stream.connectors.delivery.pack import cut
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema

KEY = b"k" * 32
KIND = MessageType.CONSULTATION
BLANK = {f["name"]: f.get("default") for f in item_schema(KIND).parsed["fields"]}


def item(local_id: str | None, **more: object) -> dict[str, object]:
    return {**BLANK, "operation": "upsert", "consultation_id": local_id, "unreadable": [], **more}


def made(*local_ids: str | None, org_nr: str = "800000009", key: bytes = KEY) -> SentItems:
    return make_contents(
        [item(one) for one in local_ids],
        KIND,
        key=key,
        org_nr=org_nr,
        places=[("f.json", f"/0/konsultasjon/{at}") for at in range(len(local_ids))],
    )


@given(st.lists(st.none() | st.text(max_size=20), max_size=30))
def test_contents_are_read_as_they_were_written(local_ids: list[str | None]) -> None:
    contents = made(*local_ids)
    assert contents_of(contents.to_bytes()) == contents
    assert len(contents.ids) == len(local_ids)


def test_an_id_is_hidden_by_the_key_and_scoped_to_its_unit() -> None:
    (one,) = made("26912450014").ids
    assert b"26912450014" not in made("26912450014").to_bytes()
    assert one == made("26912450014").ids[0]
    assert one != made("26912450014", key=b"x" * 32).ids[0]
    assert one != made("26912450014", org_nr="800000017").ids[0]


def test_items_without_an_id_are_known_by_their_place() -> None:
    contents = made(None, None)
    assert contents.ids[0] != contents.ids[1]


def test_an_item_can_be_left_without_its_id() -> None:
    assert made("a").without({0}).ids == (b"",)
    assert contents_of(None) is contents_of(b"") is None


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 4))
def test_every_item_of_every_delivery_has_its_own_place(large: list[bool], most: int) -> None:
    """Items that are too large are left out between the others."""
    text = "x" * (RECEIVER.item_bytes + 1)
    items = [item(str(at), department_id=text if one else None) for at, one in enumerate(large)]
    found = cut(items, KIND, max_items=most, max_bytes=10**6)
    places = [place for one in found.payloads for place in found.places_of(one)]
    assert places == [at for at, one in enumerate(large) if not one]
