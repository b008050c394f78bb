"""Reads enriched events: a line of TSV becomes a typed Event. The standard library is all it needs."""

import json
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

from columns import COLUMNS, Entity, Event


class BadLine(ValueError):
    """The line is no enriched event; says which column is wrong."""


def _time(text):
    # always UTC, with milliseconds: 2023-11-14 22:13:20.000
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def _bool(text):
    if text not in ("0", "1"):
        raise ValueError("neither 0 nor 1")
    return text == "1"


def _entity(thing):
    return Entity(thing["schema"], thing["data"])


_READ = {
    "text": str,
    "int": int,
    "float": float,
    "decimal": Decimal,
    "bool": _bool,
    "time": _time,
    # one self-describing JSON inside an envelope that only says what it is
    "entity": lambda text: _entity(json.loads(text)["data"]),
    "entities": lambda text: [_entity(thing) for thing in json.loads(text)["data"]],
}
_STEPS = tuple((number, name, _READ[kind]) for number, (name, kind) in enumerate(COLUMNS))


def parse(line: str) -> Event:
    """The event of one line (without its line break), or BadLine."""
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise BadLine(f"{len(cells)} columns instead of {len(COLUMNS)}")
    fields = {}
    for number, name, read in _STEPS:
        if cells[number]:
            try:
                fields[name] = read(cells[number])
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                raise BadLine(f"{name}: {error}") from error
    return Event(**fields)
