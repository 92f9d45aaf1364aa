"""Makes `avro_schemas/encryption_vectors.json` anew: `python -m tools.encryption_vectors`.

The test key pair is kept from the file that is there, so that vectors already built into other
implementations go on working.
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import fastavro
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kpr_stream.keys.envelope import associated_data, content_digest, encrypt
from kpr_stream.schemas.catalogue import schema
from tests.support.repository import SCHEMAS

FILE = SCHEMAS / "encryption_vectors.json"
EXAMPLES = SCHEMAS / "examples" / "consultation_item"
KEY_ID = "kpr-test-vectors"
SYNC_MARKER = b"kpr-test-vectors"
NOTE = (
    "Test vectors for docs/vendor/encryption.md. Bytes are Base64 where the name ends with "
    "_base64, else hexadecimal. The key pair is public: never encrypt anything real to it. "
    "RSA-OAEP is randomised: your own wrapped key differs, the one here must unwrap."
)


def main() -> None:
    """Write the file."""
    private_key = _private_key()
    cases = {
        "two consultations, not compressed": (_container(["two-years", "delete"], "null"), 42),
        "three consultations, deflate": (
            _container(["home-visit-two-ids", "group-date-only", "keep"], "deflate"),
            43,
        ),
        "a quiet day: a container without items": (_container([], "null"), 44),
    }
    vectors = {
        "note": NOTE,
        "test_key_id": KEY_ID,
        "test_private_key_pem": private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        "test_public_key_pem": private_key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "vectors": [
            _vector(name, clear, sequence, private_key) for name, (clear, sequence) in cases.items()
        ],
    }
    vectors["must_not_decrypt"] = _refusals(vectors["vectors"][0])  # type: ignore[arg-type]
    FILE.write_text(json.dumps(vectors, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _vector(
    name: str, clear: bytes, sequence: int, private_key: rsa.RSAPrivateKey
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "org_nr": "999999018",
        "system": "visma-hspro",
        "sequence": sequence,
        "delivery_id": f"19ca0323-1041-4003-a8a1-a092bf3842{sequence}",
        "message_type": "consultation",
        "contract_version": "1",
    }
    bound_to = associated_data(**fields)
    content_key = content_digest(f"content key {sequence}".encode())
    nonce = content_digest(f"nonce {sequence}".encode())[:12]
    sent = encrypt(
        clear,
        key_id=KEY_ID,
        public_key=private_key.public_key(),
        content_key=content_key,
        nonce=nonce,
        bound_to=bound_to,
    )
    return {
        "name": name,
        "clear_base64": _base64(clear),
        "content_digest": content_digest(clear).hex(),
        "content_key": content_key.hex(),
        "nonce": nonce.hex(),
        "associated_data_fields": fields,
        "associated_data": bound_to.hex(),
        "wrapped_key_base64": _base64(sent.wrapped_key),
        "ciphertext_base64": _base64(sent.ciphertext),
    }


def _refusals(vector: dict[str, Any]) -> list[dict[str, str]]:
    """Changes of the first vector, one each, that a receiver must refuse."""
    ciphertext = base64.b64decode(vector["ciphertext_base64"])
    fields = vector["associated_data_fields"]
    tag_flipped = ciphertext[:-1] + bytes([ciphertext[-1] ^ 1])
    text_flipped = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    tag_first = ciphertext[-16:] + ciphertext[:-16]
    next_sequence = associated_data(**fields | {"sequence": fields["sequence"] + 1})
    no_line_feeds = associated_data(**fields).replace(b"\n", b"")
    return [
        {"name": "a bit of the tag flipped", "ciphertext_base64": _base64(tag_flipped)},
        {"name": "a bit of the content flipped", "ciphertext_base64": _base64(text_flipped)},
        {"name": "the tag before the content", "ciphertext_base64": _base64(tag_first)},
        {"name": "the tag left out", "ciphertext_base64": _base64(ciphertext[:-16])},
        {"name": "moved to the next sequence", "associated_data": next_sequence.hex()},
        {"name": "fields joined without line feeds", "associated_data": no_line_feeds.hex()},
        {"name": "no associated data", "associated_data": ""},
        {"name": "another nonce", "nonce": bytes(12).hex()},
    ]


def _container(examples: list[str], codec: str) -> bytes:
    """An Avro object container file of golden examples, with a fixed sync marker."""
    parsed = schema("consultation_item").parsed
    items: list[Any] = []
    for name in examples:
        text = (EXAMPLES / f"valid-{name}.json").read_text("utf-8").replace("\n", " ")
        items += fastavro.json_reader(io.StringIO(text), parsed)
    out = io.BytesIO()
    fastavro.writer(out, parsed, items, codec=codec, sync_marker=SYNC_MARKER)
    return out.getvalue()


def _private_key() -> rsa.RSAPrivateKey:
    if not FILE.exists():
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    pem = json.loads(FILE.read_text("utf-8"))["test_private_key_pem"].encode()
    kept = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(kept, rsa.RSAPrivateKey)
    return kept


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
