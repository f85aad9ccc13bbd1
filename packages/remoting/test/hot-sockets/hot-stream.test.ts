import { expect, it } from 'vitest';
import { HotTransport, ManualClock, RemotingServer } from '../../src/index.ts';
import type { AcceptedDescriptor, HotSocketEvents, HotSockets, Transport } from '../../src/index.ts';
import { type LogLine, recordingLogger } from '../fixture.ts';

const address = { host: '127.0.0.1', port: 9 };
const descriptor: AcceptedDescriptor = { descriptor: 3, local: address, remote: address };

it('holds what the hot path has written against unsentBytesMax as soon as it waits', async () => {
  let events: HotSocketEvents | undefined;
  let unsentBytes = 0;
  const sockets: HotSockets = {
    add: (_accepted, given) => {
      events = given;
      return {
        setReader: () => undefined,
        receive: () => null,
        send: () => unsentBytes,
        get unsentBytes() {
          return unsentBytes;
        },
        takeHeard: () => false,
        end: () => undefined,
        close: () => undefined,
      };
    },
    close: () => undefined,
  };
  let accept: ((accepted: AcceptedDescriptor) => void) | undefined;
  const transport: Transport = {
    listen: () => Promise.reject(new Error('nobody listens so')),
    connect: () => Promise.reject(new Error('nobody connects')),
    listenForDescriptors: async ({ accepted }) => {
      accept = accepted;
      return { address, close: async () => undefined };
    },
  };
  const log: LogLine[] = [];
  const clock = new ManualClock();
  const logger = recordingLogger(log);
  const server = new RemotingServer({
    name: 'test',
    transport: new HotTransport({ transport, sockets, duplicateDescriptor: (given) => given, logger }),
    clock,
    logger,
    listen: { host: '127.0.0.1', port: 0, tlsMode: 'disabled' },
    limits: { unsentBytesMax: 1000, unsentGraceMillis: 10_000 },
  });
  await server.start();
  accept?.(descriptor);
  unsentBytes = 1001;
  events?.congested();
  await clock.advance(9_999);
  unsentBytes = 0;
  events?.drained();
  await clock.advance(1);
  expect(server.connectionCount).toBe(1);
  unsentBytes = 1001;
  events?.congested();
  await clock.advance(10_000);
  expect(server.connectionCount).toBe(0);
  expect(JSON.stringify(log)).toContain(
    '1001 bytes unsent, unsentBytesMax is 1000, unsentGraceMillis 10000 is over',
  );
  await server.stop({ drainMillis: 0 });
});
