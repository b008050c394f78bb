#!/usr/bin/env python3
"""Measures the release binary as a whole and prints one table.

usage: bench.py [--binary FILE] [--seconds N] [--golden FOLDER] [--each]

Throughput: `snowmelt enrich` over typical traffic repeated to about N seconds' work (default 20), with --jobs 1 pinned to
one core and with --jobs 2. Memory: the high-water mark of those runs. Start: from the start of the process to the first
byte of the first event. The traffic is that of the golden data beside the clone, else the project's own sample.

With --each instead: CPU time an event that each local enrichment of the golden configurations takes, as the median
difference of runs with it alone and with none.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time

import compare
import conformance

ROOT = conformance.ROOT
WORK = ROOT / "target/bench"
# events/s of the reference on one core that does so much SHA-256, and its memory and start
REFERENCE = {"minimal": 6600, "typical-noyauaa": 3735}
REFERENCE_SHA256 = 1830
# pairs of runs, of which the median counts, where single enrichments are told apart
ROUNDS = 7


def sha256_speed(core):
    """MB/s of SHA-256 on one core, the figure that rates are scaled by; None without openssl."""
    if not shutil.which("openssl"):
        return None
    command = ["openssl", "speed", "-evp", "sha256", "-bytes", "8192", "-seconds", "2"]
    output = subprocess.run(pinned(command, core), capture_output=True, text=True, check=False).stdout
    found = re.search(r"^sha256\s+([0-9.]+)k", output, re.MULTILINE | re.IGNORECASE)
    return float(found[1]) / 1000 if found else None


def pinned(command, core):
    return ["taskset", "-c", str(core), *command] if shutil.which("taskset") else command


def high_water(pid):
    """Most bytes of memory that a running process has had; 0 when it is gone."""
    # not what wait4 tells: that counts this program's own memory, from before the exec
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def measure(command):
    """(seconds, bytes of memory at most, what it said) of a process that must succeed."""
    started = time.monotonic()
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak = max(peak, high_water(process.pid))
            time.sleep(0.02)
        took = time.monotonic() - started
        said = process.stderr.read()
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(map(str, command))}: exit status {process.returncode}: {said.strip()}")
    return took, peak, said


def first_byte(command):
    """Milliseconds from the start of a process to the first byte of its output, the best of several."""
    best = None
    for _ in range(7):
        started = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            process.stdout.read(1)
            took = (time.monotonic() - started) * 1000
            process.stdout.read()
        best = took if best is None else min(best, took)
    return best


def events_in(said):
    """Events and seconds of the summary line."""
    found = re.search(r"([0-9]+) events.*; ([0-9.]+) s,", said)
    if not found:
        sys.exit(f"bench: no summary in: {said.strip()}")
    return int(found[1]), float(found[2])


def traffic(golden, binary):
    """The lines of typical traffic in base64, and what is configured: [(name, resolver, enrichments)]."""
    if golden.is_dir():
        lines = [case["payload"] for case in compare.read_lines(golden / "typical/input.jsonl.gz")]
        resolver = golden / "config/iglu_resolver.json"
        return lines, [(name, resolver, golden / "config" / name / "enrichments") for name in REFERENCE]
    generate = [binary, "generate", "--count", "3000", "--seed", "1", "--output", "-"]
    text = subprocess.run(generate, check=True, capture_output=True, text=True).stdout
    demo = ROOT / "enrichment-configs/demo"
    enrichments, none = WORK / "enrichments", WORK / "no-enrichments"
    none.mkdir(exist_ok=True)
    shutil.copytree(demo / "enrichments", enrichments, dirs_exist_ok=True)
    referers = enrichments / "referer_parser.json"
    referers.write_text(referers.read_text().replace("file:///path-of-the-demo-folder", demo.as_uri()))
    return text.split(), [("sample, none", demo / "resolver.json", none), ("sample, demo", demo / "resolver.json", enrichments)]


def cpu_seconds(command):
    """CPU time of a run, and its events."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return took, events_in(done.stderr)[0]


def costs_of_each(golden, binary, lines):
    """Prints microseconds an event for each enrichment."""
    core = max(os.sched_getaffinity(0))
    once, often = WORK / "once.b64", WORK / "often.b64"
    once.write_text("\n".join(lines) + "\n")
    often.write_text(10 * ("\n".join(lines) + "\n"))
    configurations = {}
    for name in ("full", "js"):
        for file in sorted((golden / "config" / name / "enrichments").glob("*.json")):
            if json.loads(file.read_text())["data"].get("enabled", True):
                configurations.setdefault(file.stem, file)
    def cost(folder):
        """Microseconds an event; the difference of two runs leaves out the start, and what is made on first use."""
        base = [str(binary), "enrich", "--iglu-config", str(golden / "config/iglu_resolver.json"), "--enrichments", str(folder)]
        base += ["--good", "/dev/null", "--bad", "/dev/null", "--pii", "/dev/null", "--jobs", "1", "--input"]
        (short, few), (long, many) = (cpu_seconds(pinned([*base, str(path)], core)) for path in (once, often))
        return (long - short) / (many - few) * 1e6

    none, each = WORK / "none", WORK / "each"
    none.mkdir(exist_ok=True)
    print(f"{'(none)':<45}{statistics.median(cost(none) for _ in range(ROUNDS)):>8.2f} µs/event")
    for name, file in configurations.items():
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir()
        shutil.copy(file, each)
        # one after the other, so that a machine whose speed changes does not tell them apart
        costs = [cost(each) - cost(none) for _ in range(ROUNDS)]
        quarters = statistics.quantiles(costs)
        print(f"{name:<45}{quarters[1]:>8.2f} µs/event, half of the runs within {quarters[0]:.2f} to {quarters[2]:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    parser.add_argument("--binary", type=pathlib.Path, default=target / "release/snowmelt")
    parser.add_argument("--golden", type=pathlib.Path, default=conformance.GOLDEN)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    golden = options.golden.resolve()
    WORK.mkdir(parents=True, exist_ok=True)
    core = max(os.sched_getaffinity(0))
    lines, configurations = traffic(golden, options.binary)
    if options.each:
        if not golden.is_dir():
            sys.exit(f"bench: --each needs the golden data, which is not at {golden}")
        with conformance.registry(golden.parent / "registry"):
            costs_of_each(golden, options.binary, lines)
        return
    one, once, many = WORK / "one.b64", WORK / "once.b64", WORK / "many.b64"
    one.write_text(lines[0] + "\n")
    once.write_text("\n".join(lines) + "\n")
    sha = sha256_speed(core)
    scale = REFERENCE_SHA256 / sha if sha else None
    print(f"core {core}: SHA-256 at {sha:.0f} MB/s" if sha else "openssl is missing: rates are not scaled")
    rows = []
    with conformance.registry(golden.parent / "registry") if golden.is_dir() else open(os.devnull):
        for name, resolver, enrichments in configurations:
            base = [str(options.binary), "enrich", "--iglu-config", str(resolver), "--enrichments", str(enrichments)]
            sinks = ["--good", "/dev/null", "--bad", "/dev/null", "--pii", "/dev/null"]
            start = first_byte([*base, "--input", str(one), "--good", "-"])
            events, seconds = events_in(measure(pinned([*base, "--input", str(once), *sinks], core))[2])
            repeats = max(1, min(2000, round(options.seconds / max(seconds, 0.001))))
            with open(many, "w", encoding="ascii") as file:
                for _ in range(repeats):
                    file.write("\n".join(lines) + "\n")
            rates = []
            memory = 0
            for jobs in ("1", "2"):
                command = [*base, "--input", str(many), *sinks, "--jobs", jobs]
                took, peak, said = measure(pinned(command, core) if jobs == "1" else command)
                memory = max(memory, peak)
                rates.append(events_in(said)[0] / took)
            rows.append((name, rates, memory, start))
    many.unlink()
    print(f"\n{'configuration':<20}{'1 core, ev/s':>14}{'reference':>11}{'times':>8}{'2 jobs, ev/s':>14}{'gain':>7}{'peak MiB':>10}{'start ms':>10}")
    for name, (single, double), memory, start in rows:
        reference = REFERENCE.get(name)
        scaled = reference / scale if reference and scale else None
        reference = f"{scaled:.0f}" if scaled else "-"
        times = f"{single / scaled:.1f}" if scaled else "-"
        print(
            f"{name:<20}{single:>14.0f}{reference:>11}{times:>8}{double:>14.0f}{double / single:>7.2f}"
            f"{memory / 2**20:>10.1f}{start:>10.0f}"
        )


if __name__ == "__main__":
    main()
