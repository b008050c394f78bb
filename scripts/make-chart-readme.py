#!/usr/bin/env python3
"""Writes chart/README.md: the values of the chart with their defaults and comments, from chart/values.yaml.

usage: make-chart-readme.py [--check]    --check compares instead of writing
"""

import json
import pathlib
import re
import sys

import yaml

Missing = object()
CHART = pathlib.Path(__file__).resolve().parent.parent / "chart"
HEAD = """# snowmelt

Helm chart of Snowmelt, which turns the raw payloads of a Snowplow collector into validated, enriched events.

```
helm install enrich chart/ --set image.repository=REGISTRY/snowmelt --set-file config.hocon=config.hocon
```

How to run it: [docs/operate.md](../docs/operate.md). How to move from Snowplow Enrich:
[docs/migrate-from-snowplow-enrich.md](../docs/migrate-from-snowplow-enrich.md). Examples of values: [ci/](ci/).

## Values

This table is written by `scripts/make-chart-readme.py` from [values.yaml](values.yaml).

| value | default | |
|---|---|---|
"""


def rows():
    """Each value, and each block that has a comment."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    path, comment = [], []
    for line in text.splitlines():
        note = re.match(r" *# (.*)", line)
        entry = re.match(r"( *)([A-Za-z]\w*):(?: |$)", line)
        if note:
            comment.append(note.group(1))
        elif not line.strip():
            comment = []
        elif entry:
            path = [*path[: len(entry.group(1)) // 2], entry.group(2)]
            told, comment = " ".join(comment).replace("|", "\\|"), []
            value = values
            for key in path:
                value = value.get(key, Missing) if isinstance(value, dict) else Missing
            if value is Missing:
                continue  # inside of a list
            if not isinstance(value, dict) or not value:
                default = "" if value is None else f"`{json.dumps(value)}`"
                yield ".".join(path), default, told
            elif told:
                yield ".".join(path), "", told


def main():
    text = HEAD + "".join(f"| `{name}` | {default} | {text} |\n" for name, default, text in rows())
    file = CHART / "README.md"
    if sys.argv[1:] == ["--check"]:
        if file.read_text(encoding="utf-8") != text:
            sys.exit("chart/README.md is not what values.yaml says: run scripts/make-chart-readme.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
