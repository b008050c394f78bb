#!/usr/bin/env python3
"""Shows the files that the demo wrote: counts and the first of each kind.

usage: show_demo.py FOLDER
"""

import collections
import json
import pathlib
import sys

# name of a column and its number, of those worth a look
COLUMNS = [
    ("app_id", 0),
    ("event", 5),
    ("user_id", 12),
    ("user_ipaddress", 13),
    ("page_urlpath", 35),
    ("refr_medium", 44),
    ("mkt_medium", 47),
    ("event_name", 126),
]
UNSTRUCT_EVENT = 58
DERIVED_CONTEXTS = 122


def column(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def show_good(path, most):
    lines = path.read_text(encoding="utf-8").splitlines()
    print(f"\n== good events: {len(lines)} in {path}")
    if not lines:
        return
    print("  " + " ".join(f"{name:<18}" for name, _ in COLUMNS))
    for line in lines[:most]:
        cells = line.split("\t")
        print("  " + " ".join(f"{column(cells[number], 18):<18}" for _, number in COLUMNS))
    cells = lines[0].split("\t")
    print(f"  each has {len(cells)} columns; derived contexts of the first:")
    for context in json.loads(cells[DERIVED_CONTEXTS] or '{"data": []}')["data"]:
        name = context["schema"].split(":")[1].rsplit("/", 2)[0]
        print(f"    {name} {column(json.dumps(context['data'], ensure_ascii=False), 110)}")


def show_pii(path, most):
    lines = path.read_text(encoding="utf-8").splitlines()
    print(f"\n== pii events, which tell what was hidden: {len(lines)} in {path}")
    for line in lines[:most]:
        hidden = json.loads(line.split("\t")[UNSTRUCT_EVENT])["data"]["data"]["pii"]
        for field in hidden.get("pojo", []) + hidden.get("json", []):
            print(f"  {field['fieldName']:<16} {field['originalValue']:<32} {column(field['modifiedValue'], 40)}")


def show_bad(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    print(f"\n== bad rows: {len(lines)} in {path}")
    kinds = collections.defaultdict(list)
    for line in lines:
        row = json.loads(line)
        kinds[row["schema"].split("/")[1]].append(row)
    for kind, rows in sorted(kinds.items(), key=lambda item: -len(item[1])):
        failure = rows[0]["data"]["failure"]
        cause = failure.get("messages") or failure.get("message") or failure.get("errors") or failure
        print(f"  {len(rows):>5} {kind}")
        print(f"        {column(json.dumps(cause, ensure_ascii=False), 130)}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    show_good(folder / "good.tsv", 5)
    show_pii(folder / "pii.tsv", 2)
    show_bad(folder / "bad.jsonl")
    print(f"\nThe files are in {folder}: raw.b64 (input), good.tsv, bad.jsonl, pii.tsv.")
    print("Next: README.md says how to enrich your own payloads.")


if __name__ == "__main__":
    main()
