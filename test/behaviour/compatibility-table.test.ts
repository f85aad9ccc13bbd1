// Promise: docs/compatibility.md is true. Every request code is put to our name server, our broker and our client.
import { Producer } from '@centaurmq/client';
import { RequestCode, ResponseCode, requestCommand, responseTo } from '@centaurmq/protocol';
import {
  type Connection,
  RemotingClient,
  RemotingServer,
  addressToString,
  nodeTransport,
  silentLogger,
  systemClock,
} from '@centaurmq/remoting';
import { startBroker } from 'centaurmq';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';

const environment = { transport: nodeTransport(), clock: systemClock, logger: silentLogger };
const page = new URL('../../docs/compatibility.md', import.meta.url);
const ROW = /^\| (\d+) \| (\w+) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$/gm;

interface Row {
  readonly code: number;
  readonly name: string;
  readonly askedOf: readonly string[];
  readonly here: string;
}

function rows(): Row[] {
  return [...readFileSync(page, 'utf8').matchAll(ROW)].map(
    ([, code, name = '', askedOf = '', here = '']) => ({
      code: Number(code),
      name,
      askedOf: askedOf.trim().split(', '),
      here: here.trim(),
    }),
  );
}

/** Who of ours answers a code with anything but code 3. */
const answeredBy = new Map<number, Set<string>>();

/** The request has neither header nor body: whoever serves the code says what is missing, or answers. */
async function ask(who: string, call: (code: number) => Promise<{ code: number }>): Promise<void> {
  for (const code of Object.values(RequestCode)) {
    const answer = await call(code);
    if (answer.code !== ResponseCode.REQUEST_CODE_NOT_SUPPORTED) answeredBy.get(code)?.add(who);
  }
}

async function askServers(): Promise<void> {
  await using broker = await startBroker({ memory: true });
  const client = new RemotingClient({ name: 'compatibility', ...environment });
  const servers = { 'name server': broker.nameServer, broker: broker.brokerAddr };
  for (const [who, address] of Object.entries(servers)) {
    await ask(who, (code) => client.invoke(address, requestCommand(code), { timeoutMillis: 5_000 }));
  }
  await client.close();
}

/** A name server that knows nothing, to which the client connects, and which then asks in its turn. */
async function askClient(): Promise<void> {
  const server = new RemotingServer({
    name: 'asking',
    ...environment,
    listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
  });
  server.registerDefault((request) =>
    responseTo(request, ResponseCode.TOPIC_NOT_EXIST, { remark: 'no route' }),
  );
  const opened = new Promise<Connection>((resolve) => server.onConnectionOpened(resolve));
  const address = addressToString(await server.start());
  const producer = new Producer({ group: 'compatibility', nameServers: [address] });
  await producer.start();
  const sent = producer.send({ topic: 'Nowhere', body: Buffer.from('x') });
  await expect(sent).rejects.toThrow();
  const connection = await opened;
  await ask('client', (code) => server.call(connection, requestCommand(code), 5_000));
  await producer.close();
  await server.stop({ drainMillis: 0 });
}

beforeAll(async () => {
  for (const code of Object.values(RequestCode)) answeredBy.set(code, new Set());
  await askServers();
  await askClient();
  if (process.env['UPDATE_DOCS'] !== '1') return;
  const text = readFileSync(page, 'utf8').replaceAll(
    ROW,
    (_row, code: string, name: string, askedOf: string, _here, note: string) => {
      const here = (answeredBy.get(Number(code))?.size ?? 0) > 0 ? 'answers' : 'code 3';
      return `| ${code} | ${name} | ${askedOf} | ${here} | ${note}|`;
    },
  );
  writeFileSync(page, text);
}, 60_000);

describe('the compatibility table', () => {
  it('has one row for every request code, by its name', () => {
    expect(rows().map(({ code, name }) => [name, code])).toEqual(
      Object.entries(RequestCode).toSorted(([, left], [, right]) => left - right),
    );
  });

  it('says of each whether it is answered, by those who are asked', () => {
    const told = rows().map(({ code, name, askedOf, here }) => [
      code,
      name,
      here === 'answers' ? askedOf : [],
    ]);
    const found = rows().map(({ code, name, askedOf }) => {
      const who = answeredBy.get(code) ?? new Set();
      return [code, name, [...who].toSorted((left, right) => askedOf.indexOf(left) - askedOf.indexOf(right))];
    });
    expect(found).toEqual(told);
  });
});
