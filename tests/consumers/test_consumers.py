#!/usr/bin/env python3
"""Tests of examples/consumers: each program reads the same events, from a file and from a topic.

scripts/test-consumers.sh builds the programs and the sample, and says where they are.
"""

import json
import os
import pathlib
import re
import subprocess
import unittest

from broker import Broker

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = pathlib.Path(os.environ["SNOWMELT_CONSUMERS"])
PYTHON = os.environ["SNOWMELT_PYTHON"]
PROGRAMS = {
    "python": [PYTHON, "-B", ROOT / "examples/consumers/python/consume.py"],
    "typescript": ["node", ROOT / "examples/consumers/typescript/dist/consume.js"],
    "go": [WORK / "go-consumer"],
    "rust": [os.environ["SNOWMELT_RUST_CONSUMER"]],
}
TABLE = re.findall(r'^    [A-Z_0-9]+ (\w+) "(\w+)"', (ROOT / "src/event/table.rs").read_text(encoding="utf-8"), re.M)
SAMPLE = (WORK / "good.tsv").read_text(encoding="utf-8").removesuffix("\n").split("\n")


def expected(line):
    """What a program should print, by the shortest way from the text."""
    event = {}
    for (kind, name), cell in zip(TABLE, line.split("\t"), strict=True):
        if not cell:
            continue
        if name in ("contexts", "derived_contexts", "unstruct_event"):
            event[name] = json.loads(cell)["data"]
        elif name.endswith("_tstamp"):
            event[name] = cell.replace(" ", "T") + "Z"
        elif kind in ("Int", "Float"):
            event[name] = float(cell)
        elif kind == "Byte":
            event[name] = cell == "1"
        else:
            event[name] = cell
    return {name: value for name, value in event.items() if value != []}


def run(name, *arguments, stdin=None):
    return subprocess.run([str(part) for part in (*PROGRAMS[name], *arguments)], input=stdin, capture_output=True, timeout=180, check=False)


def events(done):
    found = [json.loads(line) for line in done.stdout.decode("utf-8").removesuffix("\n").split("\n") if line]
    return [{name: value for name, value in event.items() if value != []} for event in found]


def by_id(found):
    return sorted(found, key=lambda event: json.dumps(event, sort_keys=True))


def row(**cells):
    """A line with these columns."""
    assert set(cells) <= {name for _, name in TABLE}
    return "\t".join(cells.get(name, "") for _, name in TABLE)


ENVELOPE = '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":[%s]}'
ODD = row(
    event_id="a", event="page_view",
    # what some programs take for the end of a line
    page_title="one\u2028two\u0085three\rfour\x0bfive", user_id="🦙 é \\ \" '",
    txn_id="-2147483648", domain_sessionidx="2147483647", geo_latitude="-0.00012", geo_longitude="1.0E-5",
    se_value="12345678901234567890.123456789", tr_total="1E+3", br_cookies="0", dvce_ismobile="1",
    collector_tstamp="2024-02-29 23:59:59.999", true_tstamp="1969-12-31 00:00:00.001", dvce_created_tstamp="9999-12-31 23:59:59.000",
    refr_dvce_tstamp="1600-03-01 12:00:00.010",
    contexts=ENVELOPE % '{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"x":[1,null,{"y":"\\u0000<&>"}]}}',
    derived_contexts=ENVELOPE % "",
    unstruct_event='{"schema":"iglu:c/d/jsonschema/1-0-0","data":{"schema":"iglu:e/f/jsonschema/1-0-0","data":{}}}',
)
WRONG = {
    "130 columns": row().removesuffix("\t"),
    "132 columns": row() + "\t",
    "txn_id": row(txn_id="1.5"),
    "domain_sessionidx": row(domain_sessionidx="x"),
    "geo_latitude": row(geo_latitude="north"),
    "se_value": row(se_value="1,5"),
    "br_cookies": row(br_cookies="yes"),
    "collector_tstamp": row(collector_tstamp="yesterday"),
    "contexts": row(contexts="{"),
    "derived_contexts": row(derived_contexts="{}"),
    "unstruct_event": row(unstruct_event='{"data":{"data":1}}'),
}


class Files(unittest.TestCase):
    maxDiff = 2000

    def test_the_lists_of_columns_are_current(self):
        subprocess.run([ROOT / "scripts/make-consumers.py", "--check"], check=True)

    def test_the_sample_is_worth_reading(self):
        self.assertGreater(len(SAMPLE), 1000)
        used = {name for line in SAMPLE for (_, name), cell in zip(TABLE, line.split("\t"), strict=True) if cell}
        self.assertGreater(len(used), 60)
        self.assertLessEqual({"contexts", "derived_contexts", "unstruct_event", "se_value", "br_cookies", "br_viewwidth"}, used)

    def test_each_program_reads_each_column_of_each_event(self):
        wanted = [expected(line) for line in SAMPLE]
        for name in PROGRAMS:
            with self.subTest(name):
                done = run(name, WORK / "good.tsv")
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                found = events(done)
                self.assertEqual(len(found), len(wanted))
                for one, other in zip(found, wanted):
                    self.assertEqual(one, other)

    def test_odd_values_and_standard_input(self):
        for name in PROGRAMS:
            with self.subTest(name):
                # the last line has no line break
                done = run(name, "-", stdin=f"{ODD}\n{ODD}".encode())
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(events(done), [expected(ODD)] * 2)

    def test_wrong_lines_are_told_by_column_and_the_others_go_on(self):
        lines = [line for wrong in WRONG.values() for line in (wrong, ODD)]
        for name in PROGRAMS:
            with self.subTest(name):
                done = run(name, "-", stdin="".join(line + "\n" for line in lines).encode())
                self.assertEqual(done.returncode, 1)
                self.assertEqual(events(done), [expected(ODD)] * len(WRONG))
                told = done.stderr.decode().splitlines()
                self.assertEqual(len(told), len(WRONG), told)
                for number, (column, line) in enumerate(zip(WRONG, told)):
                    self.assertTrue(line.startswith(f"-:{2 * number + 1}: {column}"), line)


class Topics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())

    def test_a_topic_is_read_once_and_goes_on_where_it_was_left(self):
        self.broker.topic("enriched", 3)
        first, second = SAMPLE[:2000], SAMPLE[2000:2300]
        self.broker.produce("enriched", [line.encode() for line in first])
        read = lambda name, count: run(name, "--brokers", self.broker.address, "--topic", "enriched", "--group", name, "--count", count)
        for name in PROGRAMS:
            with self.subTest(name, events="first"):
                done = read(name, len(first))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(by_id(events(done)), by_id(map(expected, first)))
        self.broker.produce("enriched", [line.encode() for line in second])
        for name in PROGRAMS:
            with self.subTest(name, events="second"):
                done = read(name, len(second))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(by_id(events(done)), by_id(map(expected, second)))


if __name__ == "__main__":
    unittest.main()
