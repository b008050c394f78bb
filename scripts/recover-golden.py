#!/usr/bin/env python3
"""Turns the golden bad rows into payloads again (`snowmelt recover`) and enriches those: each must be refused as before.

usage: recover-golden.py [--binary FILE] [--golden FOLDER]

Rows that hold only a part of what was refused must be left over, and no others. The texts of generic_error, which in the
golden data are those of a JVM, are not compared.
"""

import argparse
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import conformance

CORPUS, SET = "nasty", "minimal"
PARTS = "size_violation"
LEAST = 1000


def refusal(row):
    """Type and reason of a bad row, without its time."""
    kind = row["schema"].split("/")[1]
    failure = {key: value for key, value in row["data"]["failure"].items() if key != "timestamp"}
    return kind, "" if kind == "generic_error" else json.dumps(failure, sort_keys=True)


def read(path):
    with open(path, encoding="utf-8", errors="surrogatepass") as lines:
        return collections.Counter(refusal(json.loads(line)) for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or conformance.ROOT / "target")
    parser.add_argument("--binary", type=pathlib.Path, default=target / "release/snowmelt")
    parser.add_argument("--golden", type=pathlib.Path, default=conformance.GOLDEN)
    options = parser.parse_args()
    golden = options.golden.resolve()
    if not golden.is_dir():
        print(f"recover: no golden data at {os.path.relpath(golden)}; nothing recovered")
        return 1 if os.environ.get("CI") else 0

    def run(*arguments):
        done = subprocess.run([options.binary, *arguments], capture_output=True, text=True, timeout=conformance.TIMEOUT)
        if done.returncode:
            sys.exit(f"recover: {arguments[0]} failed: {done.stderr}")

    with tempfile.TemporaryDirectory() as folder, conformance.registry(golden.parent / "registry"):
        bad, left, again, rest = (pathlib.Path(folder) / name for name in ("bad", "left", "again", "rest"))
        with gzip.open(golden / CORPUS / f"expected.{SET}.jsonl.gz", "rt", encoding="utf-8", errors="surrogatepass") as cases:
            with bad.open("w", encoding="utf-8", errors="surrogatepass") as out:
                for case in cases:
                    for row in json.loads(case)["bad"]:
                        out.write((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n")
        form = ("--format", "length-prefixed")
        run("recover", "--input", bad, "--output", again, "--left", left, *form)
        configs = golden / "config"
        run("enrich", "--iglu-config", configs / "iglu_resolver.json", "--enrichments", configs / SET / "enrichments",
            "--input", again, "--bad", rest, "--etl-tstamp", conformance.ETL_TSTAMP, *form)
        before, after, parts = read(bad), read(rest), read(left)
    wanted = collections.Counter({key: count for key, count in before.items() if key[0] != PARTS})
    problems = list(((wanted - after) + (after - wanted)).elements())
    problems += [key for key in parts.elements() if key[0] != PARTS]
    for kind, reason in problems[:5]:
        print(f"FAILED {kind}: {reason[:500]}")
    same = (wanted & after).total()
    print(f"recover: {same} rows refused as before, {parts.total()} hold a part only, {len(problems)} differ")
    return 1 if problems or same < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
