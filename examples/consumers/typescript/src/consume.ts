// Prints enriched events as JSON lines.
//
// usage: node dist/consume.js FILE|-
//        node dist/consume.js --brokers HOST:PORT --topic TOPIC --group GROUP [--count N]
//
// Lines that are no event are told on standard error, and the exit code is then 1.

import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';

import { BadLine, parse } from './enriched.js';

let bad = 0;

/** Does the work of your own program. */
function handle(line: string, place: string): void {
  try {
    process.stdout.write(`${JSON.stringify(parse(line))}\n`);
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    bad += 1;
    process.stderr.write(`${place}: ${error.message}\n`);
  }
}

/** Lines end with \n only: other line breaks may stand inside of values. */
async function readFile(name: string): Promise<void> {
  const input = name === '-' ? process.stdin : createReadStream(name);
  input.setEncoding('utf8');
  let rest = '';
  let number = 0;
  for await (const chunk of input) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) handle(line, `${name}:${++number}`);
  }
  if (rest !== '') handle(rest, `${name}:${++number}`);
}

async function readTopic(broker: string, topic: string, group: string, count: number): Promise<void> {
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const kafka = new Kafka({ clientId: 'example', brokers: broker.split(','), logLevel: logLevel.ERROR });
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let handled = 0;
  await new Promise<void>((done, failed) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error));
    consumer
      .run({
        // the position of a batch is committed when the function below has returned
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
          for (const message of batch.messages) {
            if (handled >= count) break;
            handle((message.value ?? Buffer.alloc(0)).toString('utf8'), `${topic}[${batch.partition}]@${message.offset}`);
            resolveOffset(message.offset);
            handled += 1;
          }
          await commitOffsetsIfNecessary();
          await heartbeat();
          if (handled >= count) done();
        },
      })
      .catch(failed);
  });
  await consumer.disconnect();
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    brokers: { type: 'string' },
    topic: { type: 'string' },
    group: { type: 'string', default: 'example' },
    count: { type: 'string' },
  },
});
if (values.brokers && values.topic) {
  await readTopic(values.brokers, values.topic, values.group, values.count ? Number(values.count) : Infinity);
} else if (positionals[0]) {
  await readFile(positionals[0]);
} else {
  process.stderr.write('usage: consume.js FILE|-  or  --brokers HOST:PORT --topic TOPIC [--group GROUP] [--count N]\n');
  process.exitCode = 2;
}
if (bad > 0) process.exitCode = 1;
