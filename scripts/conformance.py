#!/usr/bin/env python3
"""Runs the release binary over the golden data and compares what comes out, payload by payload.

usage: conformance.py [--binary FILE] [--golden FOLDER] [SET ...]

SET names what to run, for instance `typical/minimal`; all by default. The golden data is a folder beside the clone;
without it there is nothing to do, which is an error only where CI is set. Differences go to
target/conformance/SET.diff. Those listed in tests/golden/allowed.txt do not fail the run, as long as they are few and
touch neither an event nor the kind of a bad row.
"""

import argparse
import collections
import contextlib
import functools
import http.server
import os
import pathlib
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import compare

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "../shared/golden"
RESULTS = ROOT / "target/conformance"
ALLOWED = ROOT / "tests/golden/allowed.txt"
REGISTRY_PORT = 18081  # the golden configurations name it
SERVICE_PORT = 18090  # likewise
ETL_TSTAMP = "2023-11-14T22:13:20Z"  # when the golden data was made
MOST_ALLOWED = 0.005  # share of a set
TIMEOUT = 900  # seconds a set may take

# corpus, set, whether the feature flags are on
SETS = [
    ("typical", "minimal", False),
    ("typical", "typical-noyauaa", False),
    ("typical", "typical", False),
    ("nasty", "minimal", False),
    ("nasty", "full-noyauaa", False),
    ("nasty", "full", False),
    ("nasty", "full-flags", True),
    ("nasty", "js", False),
    ("agents", "agents-noyauaa", False),
    ("agents", "agents-yauaa", False),
    *(("pii-paths", f"pii-{name}", False) for name in ("md2", "md5", "sha1", "sha256", "sha384", "sha512")),
    *(("lookups", f"lookups-{name}", False) for name in ("a", "b", "sha1", "sha384")),
    *(("js", f"js-{n}", False) for n in range(1, 7)),
    *(("remote", name, False) for name in ("api", "api-ignore", "api-put")),
    *(("remote", f"sql-{name}", False) for name in ("postgres", "postgres-one", "postgres-every")),
    *(("remote", f"sql-{name}", False) for name in ("mariadb", "mariadb-one")),
]

# sets that every build must be able to run
REQUIRED = {"typical/minimal", "typical/typical-noyauaa", "nasty/minimal"}

# what the binary says about the configuration of an enrichment that it does not have
NOT_IN_BUILD = re.compile(r"the enrichment `(\w+)` is not in this build")


class Registry(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves the folder of schemas and assets; answers in parallel, as a registry does."""

    daemon_threads = True
    request_queue_size = 64


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without writing a log."""

    protocol_version = "HTTP/1.1"
    # head and body together: apart, the kernel holds the body back until the head is acknowledged, for 40 ms
    wbufsize = -1

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def registry(folder):
    """The registry that the golden configurations name, for as long as the block runs."""
    handler = functools.partial(Quiet, directory=str(folder))
    probe = "/schemas/com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
    try:
        server = Registry(("127.0.0.1", REGISTRY_PORT), handler)
    except OSError as error:
        # another run may have left or may be holding one; it will do if it serves the same
        with contextlib.suppress(urllib.error.URLError, OSError):
            url = f"http://127.0.0.1:{REGISTRY_PORT}{probe}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.read() == (folder / probe.lstrip("/")).read_bytes():
                    print(f"using the registry that already listens on port {REGISTRY_PORT}")
                    yield
                    return
        sys.exit(f"conformance: port {REGISTRY_PORT} is needed for the registry: {error}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def read_allowed():
    """{(set, case): reason} of the differences that are accepted."""
    allowed = {}
    if ALLOWED.exists():
        for number, line in enumerate(ALLOWED.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                parts = line.split(maxsplit=2)
                if len(parts) < 3 or not parts[1].isdigit():
                    sys.exit(f"{ALLOWED.name}:{number}: expected SET CASE REASON")
                allowed[parts[0], int(parts[1])] = parts[2]
    return allowed


@contextlib.contextmanager
def service(script):
    """The web service that the look-ups of the golden data ask, for as long as the block runs."""
    address = ("127.0.0.1", SERVICE_PORT)
    server = subprocess.Popen([sys.executable, str(script), str(SERVICE_PORT)])
    try:
        for _ in range(100):
            if server.poll() is not None:
                sys.exit(f"conformance: port {SERVICE_PORT} is needed for the service that look-ups ask")
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def beside(golden, name):
    """What a set needs beside the registry: a context in which it runs, and a command that starts servers and it."""
    remote = golden / "config/remote"
    databases = {"postgres": ("postgres.sql", 25433), "mariadb": ("mariadb.sql", 23307)}
    if name.startswith("api"):
        return service(remote / "server.py"), []
    for kind, (statements, port) in databases.items():
        if name.startswith(f"sql-{kind}"):
            setup = [str(ROOT / "scripts/setup-sql.sh"), f"--{kind}", str(remote / statements), f"--{kind}-port", str(port)]
            return contextlib.nullcontext(), setup
    return contextlib.nullcontext(), []


def run(binary, golden, corpus, name, flags, output):
    """Runs the binary over one corpus; returns the seconds it took, or the reason it failed."""
    command = [
        str(binary),
        "enrich",
        "--iglu-config",
        str(golden / "config/iglu_resolver.json"),
        "--enrichments",
        str(golden / "config" / name.replace("full-flags", "full") / "enrichments"),
        "--format",
        "jsonl",
        "--input",
        str(golden / corpus / "input.jsonl.gz"),
        "--by-payload",
        str(output),
        "--etl-tstamp",
        ETL_TSTAMP,
    ]
    if flags:
        command += ["--config", str(golden / "config/flags.hocon")]
    context, setup = beside(golden, name)
    # the services of the golden data are on this machine
    environment = {**os.environ, "SNOWMELT_ALLOW_PRIVATE_ADDRESSES": "true"}
    log = output.with_suffix(".log")
    started = time.monotonic()
    with context, open(log, "wb") as errors:
        try:
            code = subprocess.run(
                setup + command, stdout=errors, stderr=errors, timeout=TIMEOUT, check=False, env=environment
            ).returncode
        except subprocess.TimeoutExpired:
            return None, f"not done after {TIMEOUT} s"
    if code != 0:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        return None, f"exit status {code}: " + " | ".join(tail)
    return time.monotonic() - started, None


class Tally:
    """Counts by what they are counted for, printed as a table."""

    COLUMNS = ("cases", "equal", "different", "allowed", "freed", "key order")

    def __init__(self, title):
        self.title = title
        self.rows = collections.defaultdict(collections.Counter)

    def print(self):
        width = max([len(self.title), *(len(key) for key in self.rows)]) + 2
        print(f"\n{self.title:<{width}}" + "".join(f"{column:>11}" for column in self.COLUMNS))
        total = collections.Counter()
        for key in sorted(self.rows):
            total.update(self.rows[key])
            print(f"{key:<{width}}" + "".join(f"{self.rows[key][column]:>11}" for column in self.COLUMNS))
        print(f"{'total':<{width}}" + "".join(f"{total[column]:>11}" for column in self.COLUMNS))
        return total


def judge(golden, corpus, name, output, allowed, by_category):
    """Compares the output of one set: its counts and the problems that fail the run."""
    title = f"{corpus}/{name}"
    counts = collections.Counter()
    problems = []
    texts = []
    outdated = {case for of, case in allowed if of == title}
    expected = golden / corpus / f"expected.{name}.jsonl.gz"
    for number, category, verdict in compare.verdicts(golden / corpus / "input.jsonl.gz", expected, output):
        fits = not verdict.equal and (title, number) in allowed
        if fits and (verdict.in_events or verdict.in_kind):
            problems.append(f"{title} case {number}: allowed, but it differs in an event or in the kind of a bad row")
        for tally in (counts, by_category.rows[category]):
            tally["cases"] += 1
            tally["equal"] += verdict.equal
            tally["allowed"] += fits
            tally["different"] += not verdict.equal and not fits
            tally["freed"] += verdict.freed
            tally["key order"] += verdict.equal and verdict.key_order
        if not verdict.equal:
            outdated.discard(number)
            text = compare.describe(number, category, verdict)
            texts.append(text.replace("\n", f" allowed: {allowed[title, number]}\n", 1) if fits else text)
    diff = RESULTS / f"{corpus}.{name}.diff"
    diff.write_text("".join(texts), encoding="utf-8", errors="backslashreplace")
    if counts["different"]:
        problems.append(f"{title}: {counts['different']} different, see {os.path.relpath(diff)}")
        sys.stdout.write("".join(texts[:3]))
    if counts["allowed"] > counts["cases"] * MOST_ALLOWED:
        problems.append(f"{title}: {counts['allowed']} allowed differences are more than {MOST_ALLOWED:.1%}")
    for case in sorted(outdated):
        print(f"note: {title} case {case} need no longer be allowed")
    return counts, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    parser.add_argument("--binary", type=pathlib.Path, default=target / "release/snowmelt")
    parser.add_argument("--golden", type=pathlib.Path, default=GOLDEN)
    parser.add_argument("sets", nargs="*", metavar="SET")
    options = parser.parse_args()
    golden = options.golden.resolve()
    if not golden.is_dir():
        print(f"conformance: no golden data at {os.path.relpath(golden)}; nothing compared")
        return 1 if os.environ.get("CI") else 0
    RESULTS.mkdir(parents=True, exist_ok=True)
    allowed = read_allowed()
    by_set, by_category = Tally("set"), Tally("category")
    left_out, problems = [], []
    unknown = set(options.sets) - {f"{corpus}/{name}" for corpus, name, _ in SETS}
    if unknown:
        sys.exit(f"conformance: no such set: {', '.join(sorted(unknown))}")
    with registry(golden.parent / "registry"):
        for corpus, name, flags in SETS:
            title = f"{corpus}/{name}"
            if options.sets and title not in options.sets:
                continue
            output = RESULTS / f"{corpus}.{name}.jsonl"
            seconds, failure = run(options.binary, golden, corpus, name, flags, output)
            lacks = NOT_IN_BUILD.search(failure or "")
            if lacks and title not in REQUIRED:
                left_out.append((title, lacks[1]))
                continue
            if failure:
                problems.append(f"{title}: {failure}")
                by_set.rows[title]["different"] += 1
                continue
            counts, found = judge(golden, corpus, name, output, allowed, by_category)
            by_set.rows[title] = counts
            problems += found
            print(f"{title}: {counts['equal']} of {counts['cases']} equal, {seconds:.1f} s")
    by_category.print()
    total = by_set.print()
    if left_out:
        print("\nleft out because this build does not have an enrichment:")
        for title, lacks in left_out:
            print(f"  {title}: {lacks}")
    print()
    for problem in problems:
        print(f"FAILED {problem}")
    failed = max(total["different"], len(problems))
    print(f"conformance: {total['equal'] + total['allowed']} passed, {failed} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
