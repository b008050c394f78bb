// Reads enriched events: a line of TSV becomes a typed Event. Nothing but the language is needed.

import { COLUMNS, type Entity, type Event, type Kind } from './columns.js';

/** The line is no enriched event; says which column is wrong. */
export class BadLine extends Error {}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error('no number');
  return value;
}

function entity(thing: unknown): Entity {
  const { schema, data } = thing as Entity;
  if (typeof schema !== 'string') throw new Error('no self-describing JSON');
  return { schema, data };
}

const READ: Record<Kind, (text: string) => unknown> = {
  text: (text) => text,
  int: (text) => {
    if (!/^-?\d+$/.test(text)) throw new Error('no whole number');
    return number(text);
  },
  float: number,
  decimal: (text) => {
    number(text);
    return text;
  },
  bool: (text) => {
    if (text !== '0' && text !== '1') throw new Error('neither 0 nor 1');
    return text === '1';
  },
  // always UTC, with milliseconds: 2023-11-14 22:13:20.000
  time: (text) => {
    const value = new Date(`${text.replace(' ', 'T')}Z`);
    if (Number.isNaN(value.getTime())) throw new Error('no timestamp');
    return value;
  },
  // one self-describing JSON inside an envelope that only says what it is
  entity: (text) => entity((JSON.parse(text) as { data: unknown }).data),
  entities: (text) => (JSON.parse(text) as { data: unknown[] }).data.map(entity),
};

/** The event of one line (without its line break); throws BadLine. */
export function parse(line: string): Event {
  const cells = line.split('\t');
  if (cells.length !== COLUMNS.length) {
    throw new BadLine(`${cells.length} columns instead of ${COLUMNS.length}`);
  }
  const event: Record<string, unknown> = {};
  COLUMNS.forEach(([name, kind], index) => {
    const cell = cells[index];
    if (!cell) return;
    try {
      event[name] = READ[kind](cell);
    } catch (error) {
      throw new BadLine(`${name}: ${(error as Error).message}`);
    }
  });
  return event as Event;
}
