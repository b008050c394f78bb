#!/usr/bin/env python3
"""Prints enriched events as JSON lines.

usage: consume.py FILE|-
       consume.py --brokers HOST:PORT --topic TOPIC --group GROUP [--count N]

A topic needs the package confluent-kafka; a file needs nothing. Lines that are no event are told on standard error,
and the exit code is then 1.
"""

import argparse
import json
import sys
from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from columns import Entity, Event
from enriched import BadLine, parse


def show(event: Event) -> str:
    """All columns that have a value, as JSON."""

    def plain(value):
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
        if isinstance(value, Entity):
            return {"schema": value.schema, "data": value.data}
        return str(value)  # a Decimal keeps its digits

    values = {field.name: getattr(event, field.name) for field in fields(Event)}
    return json.dumps({name: value for name, value in values.items() if value not in (None, [])}, default=plain, ensure_ascii=False)


class Printer:
    """Does the work of your own program."""

    def __init__(self):
        self.bad = 0

    def handle(self, line: str, place: str):
        try:
            print(show(parse(line)))
        except BadLine as error:
            self.bad += 1
            print(f"{place}: {error}", file=sys.stderr)


def read_topic(options, printer):
    from confluent_kafka import Consumer, KafkaException

    consumer = Consumer({
        "bootstrap.servers": options.brokers,
        "group.id": options.group,
        "auto.offset.reset": "earliest",
        # positions are committed below, after the work on the events before them
        "enable.auto.commit": False,
    })
    consumer.subscribe([options.topic])
    handled = 0
    try:
        while options.count is None or handled < options.count:
            batch = consumer.consume(min(500, (options.count or sys.maxsize) - handled), timeout=0.5)
            for message in batch:
                if message.error():
                    raise KafkaException(message.error())
                place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
                printer.handle(message.value().decode("utf-8"), place)
            handled += len(batch)
            if batch:
                sys.stdout.flush()
                consumer.commit(asynchronous=False)
    finally:
        consumer.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("file", nargs="?")
    options.add_argument("--brokers")
    options.add_argument("--topic")
    options.add_argument("--group", default="example")
    options.add_argument("--count", type=int)
    options = options.parse_args()
    printer = Printer()
    if options.brokers and options.topic:
        read_topic(options, printer)
    elif options.file:
        # newline="\n": other line breaks may stand inside of values
        with sys.stdin if options.file == "-" else open(options.file, encoding="utf-8", newline="\n") as lines:
            if options.file == "-":
                lines.reconfigure(encoding="utf-8", newline="\n")
            for number, line in enumerate(lines, 1):
                printer.handle(line.removesuffix("\n"), f"{options.file}:{number}")
    else:
        sys.exit(__doc__)
    sys.exit(1 if printer.bad else 0)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main()
