#!/usr/bin/env python3
"""Writes the lists of columns of examples/consumers, one for each language, from src/event/table.rs.

usage: make-consumers.py [--check]    --check compares instead of writing
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOME = ROOT / "examples/consumers"
NOTE = "Written by scripts/make-consumers.py from src/event/table.rs: do not edit."
JSON = {"contexts": "entities", "derived_contexts": "entities", "unstruct_event": "entity"}
KINDS = {"Text": "text", "Int": "int", "Float": "float", "Decimal": "decimal", "Byte": "bool"}


def columns():
    """Name and kind of each column, in their order; timestamps and JSON are told apart from texts by their names."""
    text = (ROOT / "src/event/table.rs").read_text(encoding="utf-8")
    found = re.findall(r'^    [A-Z_0-9]+ (\w+) "(\w+)"', text, re.M)
    assert len(found) == 131, len(found)
    for kind, name in found:
        yield name, JSON.get(name) or ("time" if name.endswith("_tstamp") else KINDS[kind])


def python(table):
    types = {"text": "str", "int": "int", "float": "float", "decimal": "Decimal", "bool": "bool", "time": "datetime", "entity": "Entity"}
    yield f'"""The columns of an enriched event. {NOTE}"""\n\nfrom dataclasses import dataclass, field\nfrom datetime import datetime\nfrom decimal import Decimal\nfrom typing import Any\n\n\n'
    yield '@dataclass(frozen=True, slots=True)\nclass Entity:\n    """A self-describing JSON: the key of its schema, and the data."""\n\n    schema: str\n    data: Any\n\n\n'
    yield '@dataclass(frozen=True, slots=True)\nclass Event:\n    """One enriched event; what is empty in the TSV is None, or an empty list."""\n\n'
    for name, kind in table:
        yield f"    {name}: list[Entity] = field(default_factory=list)\n" if kind == "entities" else f"    {name}: {types[kind]} | None = None\n"
    yield "\n\n# name and kind of each column, in the order of the TSV\nCOLUMNS = (\n"
    for name, kind in table:
        yield f'    ("{name}", "{kind}"),\n'
    yield ")\n"


def typescript(table):
    types = {"text": "string", "int": "number", "float": "number", "decimal": "string", "bool": "boolean", "time": "Date", "entity": "Entity", "entities": "Entity[]"}
    yield f"// The columns of an enriched event. {NOTE}\n\n"
    yield "/** A self-describing JSON: the key of its schema, and the data. */\nexport interface Entity {\n  schema: string;\n  data: unknown;\n}\n\n"
    yield "/** One enriched event; what is empty in the TSV is absent. Decimals are texts, so that no digit is lost. */\nexport interface Event {\n"
    for name, kind in table:
        yield f"  {name}?: {types[kind]};\n"
    yield "}\n\n/** How a column is read. */\nexport type Kind = 'text' | 'int' | 'float' | 'decimal' | 'bool' | 'time' | 'entity' | 'entities';\n\n"
    yield "/** Name and kind of each column, in the order of the TSV. */\nexport const COLUMNS: ReadonlyArray<readonly [keyof Event, Kind]> = [\n"
    for name, kind in table:
        yield f"  ['{name}', '{kind}'],\n"
    yield "];\n"


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def go(table):
    types = {"text": "string", "int": "*int32", "float": "*float64", "decimal": "Decimal", "bool": "*bool", "time": "*Timestamp", "entity": "*Entity", "entities": "[]Entity"}
    yield f'// The columns of an enriched event. {NOTE}\n\npackage enriched\n\n'
    yield "// Columns is the number of columns of the TSV.\nconst Columns = 131\n\n"
    yield "// Event is one enriched event; what is empty in the TSV is the zero value.\ntype Event struct {\n"
    width = max(len(camel(name)) for name, _ in table)
    wide = max(map(len, types.values()))
    for name, kind in table:
        yield f'\t{camel(name):<{width}} {types[kind]:<{wide}} `json:"{name},omitempty"`\n'
    yield "}\n\nfunc (r *reader) event() *Event {\n\treturn &Event{\n"
    for number, (name, kind) in enumerate(table):
        key = f"{camel(name)}:"
        yield f'\t\t{key:<{width + 1}} r.{kind if kind != "int" else "integer"}({number}, "{name}"),\n'
    yield "\t}\n}\n"


def rust(table):
    types = {"text": "String", "int": "i32", "float": "f64", "decimal": "Decimal", "bool": "bool", "time": "Timestamp", "entity": "Entity"}
    yield f"//! The columns of an enriched event. {NOTE}\n\nuse crate::enriched::{{Cells, Decimal, Entity, Problem, Timestamp}};\n\n"
    yield "/// How many columns the TSV has.\npub const COLUMNS: usize = 131;\n\n"
    yield "/// One enriched event; what is empty in the TSV is `None`, or an empty list.\n#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]\npub struct Event {\n"
    for name, kind in table:
        if kind == "entities":
            yield f'    #[serde(skip_serializing_if = "Vec::is_empty")]\n    pub {name}: Vec<Entity>,\n'
        else:
            yield f'    #[serde(skip_serializing_if = "Option::is_none")]\n    pub {name}: Option<{types[kind]}>,\n'
    yield "}\n\nimpl Event {\n    pub(crate) fn read(cells: &Cells<'_>) -> Result<Event, Problem> {\n        Ok(Event {\n"
    for number, (name, kind) in enumerate(table):
        yield f'            {name}: cells.{kind}({number}, "{name}")?,\n'
    yield "        })\n    }\n}\n"


FILES = {
    "python/columns.py": python,
    "typescript/src/columns.ts": typescript,
    "go/enriched/columns.go": go,
    "rust/columns.rs": rust,
}


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    table = list(columns())
    for name, write in FILES.items():
        text = "".join(write(table))
        file = HOME / name
        if sys.argv[1:]:
            if file.read_text(encoding="utf-8") != text:
                sys.exit(f"examples/consumers/{name} is not what src/event/table.rs says: run scripts/make-consumers.py")
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
