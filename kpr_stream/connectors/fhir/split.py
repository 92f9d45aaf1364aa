"""Stream the resources of a Bundle or an NDJSON file, each parsed strictly and alone.

Memory is bounded by one resource. No message quotes a value.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

from kpr_stream.connectors.export.values import JsonNumber
from kpr_stream.errors import ExportError
from kpr_stream.model.json_text import (
    JsonFlawError,
    JsonTextError,
    is_deep,
    read_json,
    strict_decoder,
)
from kpr_stream.model.limits import (
    MAX_REFERENCE_LETTERS,
    MAX_RESOURCE_LETTERS,
    MAX_RESOURCE_NESTING,
)

READ_BYTES: Final = 64 * 1024
"""Bytes read at a time from a Bundle."""
BUNDLE_TYPES: Final = ("batch", "collection", "searchset", "transaction")
"""Types whose entries are resources as they are now. A history holds earlier versions too."""
_DECODER: Final = strict_decoder(JsonNumber)
_FIX: Final = "Correct the export and run again; nothing of this snapshot was sent."


@dataclass(frozen=True, slots=True)
class FhirEntry:
    """A resource, or a deletion that names one. ``pointer`` leads to the resource in its file."""

    file: str
    pointer: str
    resource: dict[str, Any] | None = None
    full_url: str | None = None
    deleted: str | None = None
    """The reference that a DELETE request names."""


def refused(file: str, why: str) -> ExportError:
    """Return the error of a file of a snapshot that cannot be used."""
    return ExportError(f"The file {file} cannot be used: {why}.", what_to_do=_FIX)


def ndjson_entries(stream: IO[bytes], file: str) -> Iterator[FhirEntry]:
    """Yield the resources of a file with one on each line; ExportError names the line."""
    number = 0
    while line := stream.readline(MAX_RESOURCE_LETTERS + 1):
        number += 1
        at = f"{file}, line {number}"
        if len(line) > MAX_RESOURCE_LETTERS:
            raise refused(at, f"the line is longer than {MAX_RESOURCE_LETTERS} bytes")
        if not line.strip():
            continue
        try:
            found = read_json(line, number=JsonNumber)
        except JsonTextError as cause:
            raise refused(at, str(cause)) from None
        resource = _resource(found, at, "")
        if resource["resourceType"] == "Bundle":
            yield from _nested(resource, at)
        else:
            yield FhirEntry(at, "", resource)


def bundle_entries(stream: IO[bytes], file: str) -> Iterator[FhirEntry]:
    """Yield the entries of a Bundle as they are read; ExportError names the place."""
    window = _Window(stream, file)
    window.expect("{", "it is not a JSON object")
    heading: dict[str, Any] = {}
    if not window.next_is("}"):
        while True:
            key = window.value("a key")
            if not _is_text(key):
                raise window.error("a key is not text")
            if key in heading:
                raise window.error("the Bundle has a key twice")
            window.expect(":", "a colon is missing")
            if key == "entry" and window.next_is("["):
                heading[key] = None
                yield from _entries(window)
            else:
                heading[key] = window.value(f"/{key}" if key.isalpha() else "a value")
            if not window.next_is(","):
                break
        window.expect("}", "it is cut off, or not JSON")
    window.expect_end()
    _require_bundle(heading, file)


def _entries(window: _Window) -> Iterator[FhirEntry]:
    if window.next_is("]"):
        return
    at = 0
    while True:
        yield _entry(window.value(f"/entry/{at}"), window.file, f"/entry/{at}")
        at += 1
        if not window.next_is(","):
            break
    window.expect("]", f"it is cut off after /entry/{at - 1}, or not JSON")


def _nested(bundle: dict[str, Any], file: str) -> Iterator[FhirEntry]:
    _require_bundle(bundle, file)
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise refused(file, "/entry is not an array")
    for at, entry in enumerate(entries):
        yield _entry(entry, file, f"/entry/{at}")


def _entry(entry: object, file: str, pointer: str) -> FhirEntry:
    if not isinstance(entry, dict):
        raise refused(file, f"{pointer} is not an object")
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return FhirEntry(file, pointer, deleted=_short(request.get("url")) or "")
    resource = _resource(entry.get("resource"), file, f"{pointer}/resource")
    return FhirEntry(file, f"{pointer}/resource", resource, _short(entry.get("fullUrl")))


def _resource(found: object, file: str, pointer: str) -> dict[str, Any]:
    if not isinstance(found, dict) or not _is_text(found.get("resourceType")):
        raise refused(file, f"{pointer or 'it'} is not a FHIR resource (no resourceType)")
    if is_deep(found, MAX_RESOURCE_NESTING):
        raise refused(file, f"{pointer or 'it'} is nested too deeply")
    return found


def _require_bundle(heading: dict[str, Any], file: str) -> None:
    if heading.get("resourceType") != "Bundle":
        raise refused(file, "it is not a FHIR Bundle")
    if heading.get("type") not in BUNDLE_TYPES:
        raise refused(file, f"/type is not {', '.join(BUNDLE_TYPES)}")


def _short(value: object) -> str | None:
    if not isinstance(value, str) or not _is_text(value):
        return None
    return value if 0 < len(value) <= MAX_REFERENCE_LETTERS and value.isascii() else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, JsonNumber)


class _Window:
    """The part of a long JSON text that is being read."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        self.file = file
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._ended = False

    def value(self, what: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the JSON value that begins here."""
        self._skip_space()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                found, end = None, len(self._text)
            except JsonFlawError:
                raise self.error(f"{what} has a key twice, or NaN or Infinity") from None
            except RecursionError:
                raise self.error(f"{what} is nested too deeply") from None
            else:
                if end - self._at > MAX_RESOURCE_LETTERS:
                    raise self._too_long(what)
                # A number may continue behind the end of the window.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return found
            if len(self._text) - self._at > MAX_RESOURCE_LETTERS:
                raise self._too_long(what)
            if not self._more():
                raise self.error(f"{what} is cut off, or not JSON")

    def next_is(self, letter: str) -> bool:
        """Skip a letter if it is the next one, and return whether it was."""
        self._skip_space()
        found = self._text[self._at : self._at + 1] == letter
        self._at += found
        return found

    def expect(self, letter: str, otherwise: str) -> None:
        """Skip a letter; ExportError if another one is next."""
        if not self.next_is(letter):
            raise self.error(otherwise)

    def expect_end(self) -> None:
        """Require that nothing follows."""
        self._skip_space()
        if self._at < len(self._text):
            raise self.error("more follows the Bundle")

    def error(self, why: str) -> ExportError:
        """Return the error of this file."""
        return refused(self.file, why)

    def _too_long(self, what: str) -> ExportError:
        return self.error(f"{what} is longer than {MAX_RESOURCE_LETTERS} letters")

    def _skip_space(self) -> None:
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        """Read on; return False at the end."""
        if self._ended:
            return False
        # As much as is there already: a long value is decoded again a few times only.
        data = self._stream.read(max(READ_BYTES, len(self._text) - self._at))
        self._ended = not data
        try:
            text = self._decode(data, self._ended)
        except UnicodeDecodeError:
            raise self.error("it is not UTF-8") from None
        self._text, self._at = self._text[self._at :] + text, 0
        return True
