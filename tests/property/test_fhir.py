"""Any bytes are read as FHIR or refused; a fingerprint follows the values and nothing else."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.connectors.export.values import JsonNumber
from kpr_stream.connectors.fhir.encounter import Around, map_encounter
from kpr_stream.connectors.fhir.fingerprint import digest_of_item
from kpr_stream.connectors.fhir.measures import UNITS
from kpr_stream.model.json_text import read_json
from tests.fuzz.sender import fhir
from tests.unit.connectors.fhir.resources import (
    KEY,
    appointment,
    bundle,
    encounter,
    organization,
    patient,
    rules,
    service,
    weight,
)

RULES = rules()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "coding",
                    "system",
                    "code",
                    "value",
                    "reference",
                    "start",
                    "identifier",
                    "extension",
                    "url",
                    "id",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
WHOLE = (organization(), patient(), service(), appointment(), encounter(), weight())


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    fhir(data)


@given(st.data())
def test_any_value_of_any_element_is_read_or_refused(data: st.DataObject) -> None:
    resources: list[Any] = [dict(one) for one in WHOLE]
    for _ in range(data.draw(st.integers(1, 3))):
        one = data.draw(st.sampled_from(resources))
        key = data.draw(st.sampled_from(sorted(one)))
        one[key] = data.draw(JSON)
    text = json.dumps(bundle(*resources)).encode()
    fhir(b"\0" + text)
    fhir(b"\1" + b"\n".join(json.dumps(one).encode() for one in resources))


def digest(*resources: dict[str, Any]) -> bytes:
    """The fingerprint of an encounter, with a person and a measure, as a reader has them."""
    visit, person, measure = (as_read(json.dumps(one)) for one in resources)
    around = Around(patient=person, observations=(measure,))
    item = map_encounter(visit, around, RULES).item
    return digest_of_item(KEY, item, visit["meta"]["versionId"])


def as_read(text: str) -> Any:
    return read_json(text.encode(), number=JsonNumber)


def shuffled(value: Any, seed: random.Random) -> Any:
    """The same JSON with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        seed.shuffle(keys)
        return {key: shuffled(value[key], seed) for key in keys}
    return [shuffled(one, seed) for one in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False), st.sampled_from([None, 1, "\t"]))
def test_order_of_keys_and_white_space_do_not_change_a_fingerprint(
    seed: random.Random, indent: int | str | None
) -> None:
    resources = (encounter(), patient(), weight(4710, "g"))
    again = [as_read(json.dumps(shuffled(one, seed), indent=indent)) for one in resources]
    around = Around(patient=again[1], observations=(again[2],))
    item = map_encounter(again[0], around, RULES).item
    assert digest(*resources) == digest_of_item(KEY, item, again[0]["meta"]["versionId"])


CHANGES: tuple[tuple[int, dict[str, Any]], ...] = (
    (0, {"id": "e-2"}),
    (0, {"meta": {"versionId": "2"}}),
    (0, {"status": "cancelled"}),
    (0, {"class": {"system": encounter()["class"]["system"], "code": "HH"}}),
    (0, {"period": {"start": "2025-01-07T10:16:00+01:00", "end": "2025-01-07T10:55:00+01:00"}}),
    (0, {"period": {"start": "2025-01-07T10:15:00+01:00", "end": "2025-01-07T10:56:00+01:00"}}),
    (0, {"period": {"start": "2025-01-07T09:15:00Z", "end": "2025-01-07T09:55:00Z"}}),
    (1, {"id": "p-2"}),
    (1, {"birthDate": "2024-11-27"}),
    (1, {"gender": "male"}),
    (1, {"identifier": []}),
    (2, {"status": "entered-in-error"}),
)
"""A change of each value that is read, by the resource that it is in."""


@given(st.sampled_from(CHANGES), st.integers(1, 30_000), st.integers(1, 30_000))
def test_any_value_that_is_read_changes_a_fingerprint(
    change: tuple[int, dict[str, Any]], grams: int, others: int
) -> None:
    resources = [encounter(), patient(), weight(grams, "g")]
    before = digest(*resources)
    assert (digest(encounter(), patient(), weight(others, "g")) == before) is (grams == others)
    resources[change[0]] = resources[change[0]] | change[1]
    assert digest(*resources) != before


@given(st.integers(1, 250_000), st.sampled_from(sorted(UNITS["weight_g"])))
def test_a_weight_is_the_same_in_every_unit(grams: int, unit: str) -> None:
    value = grams / UNITS["weight_g"][unit]
    item = map_encounter(encounter(), Around(observations=(weight(str(value), unit),)), RULES).item
    assert item["weight_g"] == grams


def test_another_key_gives_another_fingerprint() -> None:
    item = map_encounter(encounter(), Around(), RULES).item
    assert digest_of_item(KEY, item, "1") != digest_of_item(bytes(32), item, "1")
