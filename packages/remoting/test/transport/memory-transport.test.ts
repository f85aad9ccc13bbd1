import { describe, expect, it } from 'vitest';
import { ManualClock, memoryTransport } from '../../src/index.ts';
import type { ByteStream, Transport } from '../../src/index.ts';
import { collect } from '../fixture.ts';

async function listenAt(transport: Transport, host: string, port: number): Promise<ByteStream[]> {
  const accepted: ByteStream[] = [];
  await transport.listen({ host, port, tlsMode: 'disabled', accepted: (stream) => accepted.push(stream) });
  return accepted;
}

describe('memoryTransport', () => {
  it('has many hosts, each with all ports', async () => {
    const transport = memoryTransport({ clock: new ManualClock() });
    const first = await listenAt(transport, '10.0.0.1', 10_911);
    const second = await listenAt(transport, '10.0.0.2', 10_911);
    const everywhere = await listenAt(transport, '0.0.0.0', 9_876);
    const connect = (host: string, port: number): Promise<ByteStream> =>
      transport.connect({ address: { host, port }, timeoutMillis: 1000 });
    await connect('10.0.0.2', 10_911);
    await connect('10.0.0.7', 9_876);
    await connect('localhost', 9_876);
    expect([first.length, second.length, everywhere.length]).toEqual([0, 1, 2]);
    await expect(connect('10.0.0.3', 10_911)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(listenAt(transport, '10.0.0.1', 10_911)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(listenAt(transport, '10.0.0.1', 9_876)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('takes its time when told to, and keeps the order', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock, latencyMillis: 10 });
    const accepted = await listenAt(transport, '10.0.0.1', 1);
    let near: ByteStream | undefined;
    void transport.connect({ address: { host: '10.0.0.1', port: 1 }, timeoutMillis: 1000 }).then((stream) => {
      near = stream;
      return stream;
    });
    await clock.advance(19);
    expect(accepted).toHaveLength(1);
    expect(near).toBeUndefined();
    await clock.advance(1);
    const received: Buffer[] = [];
    let closed = false;
    collect(accepted[0]!, received, () => {
      closed = true;
    });
    near!.write(Buffer.from('a'));
    await clock.advance(5);
    near!.write(Buffer.from('b'));
    near!.end();
    await clock.advance(4);
    expect(received).toEqual([]);
    await clock.advance(1);
    expect(Buffer.concat(received).toString()).toBe('a');
    expect(closed).toBe(false);
    await clock.advance(5);
    expect(Buffer.concat(received).toString()).toBe('ab');
    expect(closed).toBe(true);
  });

  it('shows memory that is reused before it was handed back', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock });
    const accepted = await listenAt(transport, '10.0.0.1', 1);
    const near = await transport.connect({ address: { host: '10.0.0.1', port: 1 }, timeoutMillis: 1000 });
    const received: Buffer[] = [];
    collect(accepted[0]!, received);
    const memory = Buffer.from('good');
    let done = false;
    near.write(memory, () => {
      done = true;
    });
    expect(done).toBe(false);
    memory.write('evil');
    await clock.advance(0);
    expect(done).toBe(true);
    expect(Buffer.concat(received).toString()).toBe('evil');
  });

  it('keeps what is not read and says when there is room again', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport({ clock, windowBytes: 10 });
    const accepted = await listenAt(transport, '10.0.0.1', 1);
    const near = await transport.connect({ address: { host: '10.0.0.1', port: 1 }, timeoutMillis: 1000 });
    let writable = 0;
    near.start({
      receiveBuffer: () => Buffer.alloc(1),
      received: () => undefined,
      writable: () => void (writable += 1),
      closed: () => undefined,
    });
    expect(near.write(Buffer.alloc(10))).toBe(true);
    expect(near.write(Buffer.alloc(1))).toBe(false);
    await clock.advance(0);
    expect(near.unsentBytes).toBe(11);
    const received: Buffer[] = [];
    collect(accepted[0]!, received);
    await clock.advance(0);
    expect(near.unsentBytes).toBe(0);
    expect(writable).toBe(1);
  });
});
