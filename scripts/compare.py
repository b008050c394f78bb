#!/usr/bin/env python3
"""Compares enriched output with the output that is expected, payload by payload.

usage: compare.py INPUT EXPECTED ACTUAL [--diff FILE] [--show N]

INPUT     JSON lines {"i", "cat", "payload"}: number, category, base64 of the raw record
EXPECTED  JSON lines {"i", "good": [tsv], "bad": [row], "pii": [tsv]}
ACTUAL    the same shape, as `snowmelt enrich --by-payload` writes it
Each may be gzipped. Exit status 1 when a payload differs.

What counts as equal:
  events    Every column has the same bytes. A column of JSON may differ in the order of its keys (counted apart),
            never in a value: 1.50 is not 1.5. The enricher's own version and ids that were made up at random
            (no such id in the payload) are not compared; neither is a time that the expected output masks.
  bad rows  The same JSON value, save the enricher's name and version, when it failed, random ids, the history of
            registry look-ups, and the wording of a crash. Lists that the reference fills from a hash map are
            compared without order, and so are the rows of one payload.
  crashes   Where the reference threw (generic_error), anything that loses no data will do: its row, a row that
            tells more, or the events. Such payloads are counted as "freed" when they are not the same.
"""

import argparse
import base64
import collections
import gzip
import json
import re
import sys
from dataclasses import dataclass, field

COLUMN_EVENT_ID = 6
COLUMN_ENRICHER = 11
REFERENCE_ENRICHER = "snowplow-enrich-kafka-3.9.0"
MASKED_ID = "<UUID>"
MASKED_TIME = "<TSTAMP>"
ANY_TEXT = "<ND>"

RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NOT_COMPARED = {"processor", "lastAttempt", "attempts", "v_etl"}
WITHOUT_ORDER = {
    "dataReports",
    "errors",
    "headers",
    "lookupHistory",
    "messages",
    "parameters",
    "querystring",
    "schemaIssues",
}


@dataclass
class Verdict:
    """How the output of one payload compares with what is expected."""

    differences: list = field(default_factory=list)
    key_order: bool = False  # JSON columns agree in value but not in bytes
    freed: bool = False  # the reference threw and this output keeps the data
    in_events: bool = False  # a difference touches an event or the number of rows
    in_kind: bool = False  # a bad row is of another kind than expected

    @property
    def equal(self):
        return not self.differences


def read_lines(path):
    """The JSON values of a file, gzipped or not, one a line."""
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    opener = gzip.open if zipped else open
    with opener(path, "rt", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            if not line.isspace():
                yield json.loads(line)


def parse(text):
    """JSON with numbers kept as the text they are written with (marked, so that 1 is not "1")."""
    spelled = lambda digits: "number " + digits
    return json.loads(text, parse_int=spelled, parse_float=spelled)


def is_random(text, payload):
    """Whether a text is an id that nobody sent: it has the form of one and the payload does not hold it."""
    return bool(RANDOM_ID.fullmatch(text)) and text.encode() not in payload


def mask_ids(value, payload):
    if isinstance(value, dict):
        return {key: mask_ids(inner, payload) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_ids(inner, payload) for inner in value]
    if isinstance(value, str) and is_random(value, payload):
        return MASKED_ID
    return value


def compare_column(number, expected, actual, payload):
    """(whether two columns are the same, whether only their key order differs)"""
    if expected == actual or number == COLUMN_ENRICHER or expected == REFERENCE_ENRICHER:
        return True, False
    if expected == MASKED_TIME:
        return bool(actual), False
    if number == COLUMN_EVENT_ID and RANDOM_ID.fullmatch(actual):
        return expected == MASKED_ID or is_random(expected, payload), False
    if expected.startswith("{") and actual.startswith("{"):
        try:
            same = mask_ids(parse(expected), payload) == mask_ids(parse(actual), payload)
        except ValueError:
            same = False
        return same, same and MASKED_ID not in expected
    return False, False


def compare_events(kind, expected, actual, payload, verdict):
    if len(expected) != len(actual):
        verdict.differences.append(f"{kind}: expected {len(expected)} rows, got {len(actual)}")
        verdict.in_events = True
        return
    for row, (want, got) in enumerate(zip(expected, actual)):
        wanted, gotten = want.rstrip("\n").split("\t"), got.rstrip("\n").split("\t")
        if len(wanted) != len(gotten):
            verdict.differences.append(f"{kind}[{row}] expected {len(wanted)} columns, got {len(gotten)}")
            verdict.in_events = True
            continue
        for number, (left, right) in enumerate(zip(wanted, gotten)):
            same, key_order = compare_column(number, left, right, payload)
            verdict.key_order |= key_order
            if not same:
                verdict.differences.append(f"{kind}[{row}] column {number + 1}: expected {left!r}, got {right!r}")
                verdict.in_events = True


def sort_key(value):
    return json.dumps(value, sort_keys=True)


def normal_text(text, payload):
    """A text of a bad row: ids masked; a cut event without the enricher's version, whose length moves the cut."""
    if text.count("\t") <= 20:
        return mask_ids(text, payload)
    columns = text.split("\t")
    columns[COLUMN_ENRICHER] = ""
    text = "\t".join(columns)
    return text[: len(text) - len(text) % 1000]


def normal(value, payload, crash, parent=""):
    """A part of a bad row without what is not compared, its unordered lists sorted."""
    if isinstance(value, dict):
        dropped = set(NOT_COMPARED)
        if parent == "failure" or "messages" in value or "errors" in value:
            dropped.add("timestamp")
        if crash:
            dropped.add("errors")
        return {
            key: normal(inner, payload, crash, key)
            for key, inner in value.items()
            if key not in dropped and inner is not None
        }
    if isinstance(value, list):
        items = [normal(inner, payload, crash) for inner in value]
        return sorted(items, key=sort_key) if parent in WITHOUT_ORDER else items
    return normal_text(value, payload) if isinstance(value, str) else value


def bad_row(row, payload):
    value = parse(row if isinstance(row, str) else json.dumps(row))
    return normal(value, payload, "generic_error" in value.get("schema", ""))


def matches(expected, actual):
    """Equality in which the expected side may say "any text"."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(matches(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(matches, expected, actual))
    return expected == actual or (expected == ANY_TEXT and isinstance(actual, str))


def first_difference(expected, actual, path="$"):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            if not matches(expected.get(key), actual.get(key)):
                return first_difference(expected.get(key), actual.get(key), f"{path}.{key}")
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (left, right) in enumerate(zip(expected, actual)):
            if not matches(left, right):
                return first_difference(left, right, f"{path}[{index}]")
    return f"{path}: expected {json.dumps(expected)[:300]}, got {json.dumps(actual)[:300]}"


def compare_bad_rows(expected, actual, payload, verdict):
    wanted = sorted((bad_row(row, payload) for row in expected), key=sort_key)
    gotten = sorted((bad_row(row, payload) for row in actual), key=sort_key)
    if len(wanted) != len(gotten):
        verdict.differences.append(f"bad: expected {len(wanted)} rows, got {len(gotten)}")
        verdict.in_events = True
        return
    for row, (left, right) in enumerate(zip(wanted, gotten)):
        if not matches(left, right):
            verdict.differences.append(f"bad[{row}] {first_difference(left, right)}")
            verdict.in_kind |= left.get("schema") != right.get("schema")


def threw(expected):
    """Whether the reference threw on this payload."""
    heads = (row if isinstance(row, str) else json.dumps(row) for row in expected.get("bad") or [])
    return "crash" in expected or any("/generic_error/" in head[:120] for head in heads)


def compare(expected, actual, payload):
    """Compares the output of one payload; `payload` is the raw record."""
    verdict = Verdict()
    if actual is None:
        verdict.differences.append("no output for this payload")
        verdict.in_events = True
        return verdict
    try:
        for kind in ("good", "pii"):
            compare_events(kind, expected.get(kind) or [], actual.get(kind) or [], payload, verdict)
        compare_bad_rows(expected.get("bad") or [], actual.get("bad") or [], payload, verdict)
    except Exception as error:  # what cannot be read is a difference, whatever is wrong with it
        verdict.differences.append(f"unreadable output: {error!r}")
        verdict.in_events = True
    if verdict.differences and threw(expected) and (actual.get("good") or actual.get("bad")):
        verdict = Verdict(freed=True)
    return verdict


def verdicts(input_path, expected_path, actual_path):
    """Yields (number, category, verdict) for every payload that something is expected for."""
    payloads = {
        case.get("i", line): (case.get("cat", "all"), base64.b64decode(case["payload"]))
        for line, case in enumerate(read_lines(input_path))
    }
    actual = {output["i"]: output for output in read_lines(actual_path)}
    for expected in read_lines(expected_path):
        number = expected["i"]
        category, payload = payloads.get(number, ("all", b""))
        yield number, category, compare(expected, actual.get(number), payload)


def describe(number, category, verdict):
    """The text of a difference for people."""
    shown = "".join(f"  {difference[:700]}\n" for difference in verdict.differences[:6])
    return f"case {number} ({category})\n{shown}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("expected")
    parser.add_argument("actual")
    parser.add_argument("--diff", help="write all differences to this file")
    parser.add_argument("--show", type=int, default=10, help="how many differences to print")
    options = parser.parse_args()
    counts = collections.Counter()
    texts = []
    for number, category, verdict in verdicts(options.input, options.expected, options.actual):
        counts["cases"] += 1
        counts["equal"] += verdict.equal
        counts["freed"] += verdict.freed
        counts["key order"] += verdict.equal and verdict.key_order
        if not verdict.equal:
            texts.append(describe(number, category, verdict))
    if options.diff:
        with open(options.diff, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(texts)
    sys.stdout.write("".join(texts[: options.show]))
    print(", ".join(f"{name} {counts[name]}" for name in ("cases", "equal", "freed", "key order")))
    return 1 if texts else 0


if __name__ == "__main__":
    sys.exit(main())
