"""Read JSON that people write, strictly, and say where it is wrong. Pure.

Python's reader takes a key twice, NaN and Infinity, and gives no place for them. Both are refused
here with line and column. No message quotes a value: a file may hold personal data.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.model.limits import MAX_NESTING, NAME_LETTERS

_SAMPLE_BYTES: Final = 64
"""Bytes at the beginning that show an encoding of two or four bytes a character."""
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(?P<key>\s*:)?|[{}]|NaN|-?Infinity', re.DOTALL)
_READER_KEEPS_BOUND: Final = sys.hexversion < 0x030C0000
"""Python's reader stops at 1,000 levels up to 3.11. Later ones go thousands of levels deeper."""
_DEEP: Final = "it is nested too deeply"
_CONSTANT: Final = "it holds NaN or Infinity, which JSON does not have"


class JsonTextError(ValueError):
    """The bytes are not the JSON text of one value. The text is a reason, without a value."""


class JsonFlawError(ValueError):
    """Python's reader accepts this, and JSON does not."""


def read_json(data: bytes, *, number: Callable[[str], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON value
    """Return the one value of a JSON text in UTF-8, with or without byte order mark.

    ``number`` makes a value of a number's digits; without it they become int and float.
    JsonTextError says what else the bytes are, with line and column.
    """
    text = _decoded(data)
    try:
        found = json.loads(
            text,
            parse_int=number,
            parse_float=number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except JsonFlawError:
        raise JsonTextError(_first_flaw(text)) from None
    except json.JSONDecodeError as cause:
        raise JsonTextError(_not_json(text, cause)) from None
    except RecursionError:
        raise JsonTextError(_DEEP) from None
    except ValueError:
        raise JsonTextError("it holds a number of too many digits") from None
    if not _READER_KEEPS_BOUND and is_deep(found):
        raise JsonTextError(_DEEP)
    return found


def strict_decoder(number: Callable[[str], Any]) -> json.JSONDecoder:
    """Return a decoder of JSON inside a longer text, which raises JsonFlawError as well.

    ``number`` makes a value of a number's digits.
    """
    return json.JSONDecoder(
        parse_int=number,
        parse_float=number,
        parse_constant=_refuse_constant,
        object_pairs_hook=_object,
    )


def is_deep(found: object, levels: int = MAX_NESTING) -> bool:
    """Return whether a value has as many levels as are not read any more."""
    level = [found]
    for _ in range(levels - 1):
        level = [
            one
            for outer in level
            if isinstance(outer, (dict, list))
            for one in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(one, (dict, list))
        ]
        if not level:
            return False
    return True


def place_of_key(data: bytes, path: tuple[str, ...]) -> str:
    """Return line and column of a key, by the keys of the objects around it; "" if not there."""
    text = _decoded(data)
    found = (key.start for key in _keys(text) if key.path == path)
    start = next(found, None)
    return "" if start is None else _place(text, start)


def is_name(key: str) -> bool:
    """Return whether a key can be a name of the format, and so be reported."""
    return key.isascii() and key.isalpha() and len(key) <= NAME_LETTERS


def named(what: str, key: str) -> str:
    """Return a key for an error text.

    A key that is not a name is left out: it may be personal.
    """
    return f"the {what} «{key}»" if is_name(key) else f"a {what}"


def _decoded(data: bytes) -> str:
    encoding = _wide_encoding(data)
    if encoding:
        raise JsonTextError(f"it is not UTF-8 but {encoding} (line 1, column 1)")
    content = data.rstrip(b"\0")
    zeros = len(data) - len(content)
    if zeros and not content:
        raise JsonTextError("it holds zero bytes only: its content was never written")
    marked = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    try:
        text = content[marked:].decode("utf-8")
    except UnicodeDecodeError as cause:
        before = content[marked : marked + cause.start].decode("utf-8")
        raise JsonTextError(
            f"byte {marked + cause.start} is not UTF-8 ({_place(before, len(before))}): wrong "
            "encoding?"
        ) from None
    if zeros:
        raise JsonTextError(
            f"it ends in {zeros} zero bytes ({_place(text, len(text))}): it was not written to "
            "its end"
        )
    if not text.strip():
        raise JsonTextError("it is empty")
    return text


def _wide_encoding(data: bytes) -> str | None:
    """Return the name of an encoding of two or four bytes a character, marked or not."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE_BYTES]
    for width, name in ((4, "UTF-32"), (2, "UTF-16")):
        whole = sample[: len(sample) // width * width]
        lanes = [whole[start::width] for start in range(width)]
        filled = [at for at, lane in enumerate(lanes) if any(lane)]
        # One lane holds the letters, all of them; the others are zero.
        if len(whole) >= 2 * width and filled in ([0], [width - 1]) and 0 not in lanes[filled[0]]:
            return name
    return None


def _refuse_constant(_: str) -> None:
    raise JsonFlawError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonFlawError
    return found


@dataclass(frozen=True, slots=True)
class _Key:
    path: tuple[str, ...]
    start: int
    twice: bool


def _keys(text: str) -> Iterator[_Key]:
    """Yield every key of a text, in order; a constant that JSON does not have has no path."""
    open_objects: list[set[str]] = []
    path: list[str] = []
    for token in _TOKEN.finditer(text):
        if token[0] == "{":
            open_objects.append(set())
            path.append("")
        elif token[0] == "}":
            if open_objects:
                open_objects.pop()
                path.pop()
        elif token["key"] is not None and open_objects:
            name = json.loads(token[0][: token.start("key") - token.start()], strict=False)
            path[-1] = name
            yield _Key(tuple(path), token.start(), name in open_objects[-1])
            open_objects[-1].add(name)
        elif token[0][0] != '"':
            yield _Key((), token.start(), twice=False)


def _first_flaw(text: str) -> str:
    for key in _keys(text):
        if not key.path:
            return f"{_CONSTANT} ({_place(text, key.start)})"
        if key.twice:
            return f"an object has {named('key', key.path[-1])} twice ({_place(text, key.start)})"
    return "an object has a key twice"


def _not_json(text: str, cause: json.JSONDecodeError) -> str:
    where = f"(line {cause.lineno}, column {cause.colno})"
    first = text.lstrip()[:1]
    if cause.msg == "Extra data":
        return f"{_EXTRA.get((first, text[cause.pos]), 'it is not JSON: more follows it')} {where}"
    ended = text.rstrip()[-1:] == "]"
    return f"it ends too early {where}" if first == "[" and not ended else f"it is not JSON {where}"


_EXTRA: Final = {
    ("[", "["): "it is not JSON: a second array begins after the first",
    ("{", "{"): "it is NDJSON: objects one after another, not one value",
}


def _place(text: str, offset: int) -> str:
    line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
    return f"line {line}, column {column}"
