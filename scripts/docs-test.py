#!/usr/bin/env python3
"""Checks the documentation against the project: links lead somewhere, docs/configuration.md knows every setting that the
program reads and no other, and what is written in fences parses.

usage: docs-test.py
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/README.md"), *ROOT.glob("chart/*.md")])
PAGES = [page for page in PAGES if "node_modules" not in page.parts]
CONFIG = ROOT / "docs/configuration.md"
problems = []


def anchors(text):
    """The names that headings have on the web."""
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def links():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                problems.append(f"{page.relative_to(ROOT)}: {target} is not there")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
                problems.append(f"{page.relative_to(ROOT)}: {target} has no such heading")


def fences():
    for page in PAGES:
        for block in re.findall(r"^```json\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
            try:
                # one document, or one a line
                for document in [block] if block.lstrip()[:1] in "{[" and "\n{" not in block else block.splitlines():
                    json.loads(document)
            except ValueError as error:
                problems.append(f"{page.relative_to(ROOT)}: a block of JSON is none: {error}")


# names in the sources that are no setting of a file
NOT_SETTINGS = {"enrich", "streams", "schema", "data", "name", "exchange", "topic", "subscription", "lookupHost", "nsqdHost", "cluster",
                "queue", "com.snowplowanalytics"}


def settings():
    """Names of the settings that the sources read."""
    found = set()
    for file in (ROOT / "src/config").rglob("*.rs"):
        if "kafka_properties" in str(file) or file.name in ("tests.rs", "text.rs", "overrides.rs", "node.rs"):
            continue
        text = file.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
        text = re.sub(r"//.*", "", text)
        found |= set(re.findall(r'\.get\(\s*"(\w+)"\s*,?\s*\)', text))
        for known in re.findall(r"unknown_keys\(\s*&\[(.*?)\]|let known = \[(.*?)\]|const ROOTS[^=]*= \[(.*?)\]", text, re.S):
            found |= set(re.findall(r'"(\w+)"', "".join(known)))
    return found - NOT_SETTINGS


def configuration():
    text = CONFIG.read_text(encoding="utf-8")
    told = set()
    for span in re.findall(r"`([^`]+)`", text):
        told |= set(re.findall(r"[A-Za-z]\w+", span))
    read = settings()
    if len(read) < 40:
        problems.append("docs-test: too few settings found in src/config: does the pattern still fit?")
    for name in sorted(read - told):
        problems.append(f"docs/configuration.md: the program reads {name}, the page does not tell of it")
    # the other way: each setting in the first column of a table is somewhere in the sources
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.rs"))
    for row in re.findall(r"^\| (`.+?) \|", text, re.M):
        for span in re.findall(r"`([^`]+)`", row):
            if span.startswith("-") or span.isupper() or "<" in span or "…" in span and "." not in span:
                continue
            name = span.split("=")[0].split(".")[-1].split(" ")[0].strip("…")
            if name and f'"{name}"' not in sources and f"{name}" not in sources:
                problems.append(f"docs/configuration.md: {span} is told, and nothing reads it")


for check in (links, fences, configuration):
    check()
if problems:
    sys.exit("\n".join(problems))
print(f"docs-test: {len(PAGES)} pages, {len(settings())} settings ok")
