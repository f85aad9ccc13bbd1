import type { SocketAddress } from '@centaurmq/remoting';
import type { Host } from './host.ts';
import { type Packet, PacketPipe } from './packet-pipe.ts';
import { SimulatedStream, type StreamEnd, describePacket, systemError } from './simulated-stream.ts';
import type { Wire } from './wire.ts';

/** Chance of a system that takes written bytes only a little later, and of an arrival in two pieces. */
const LATE_TAKING = 0.05;
const LATE_TAKING_MILLIS_MAX = 0.5;
const CUT_ARRIVAL = 0.05;

interface End {
  readonly host: Host;
  /** Which life of the host it belongs to. */
  readonly life: number;
  readonly stream: SimulatedStream;
  /** Packets to this end. */
  readonly incoming: PacketPipe;
  /** Sent to this end and not yet read by it. */
  unreadBytes: number;
}

/** Two streams and the two ways between them. */
export class SimulatedConnection {
  readonly #wire: Wire;
  readonly #name: string;
  readonly client: End;
  readonly server: End;

  constructor(
    wire: Wire,
    ends: { readonly client: Host; readonly server: Host },
    port: { near: SocketAddress; far: SocketAddress },
  ) {
    this.#wire = wire;
    this.#name = `${ends.client.name}:${port.near.port}-${ends.server.name}:${port.far.port}`;
    this.client = this.#end(ends.client, port.near, port.far, () => this.server);
    this.server = this.#end(ends.server, port.far, port.near, () => this.client);
  }

  joins(one: Host, other: Host): boolean {
    return this.touches(one) && this.touches(other);
  }

  touches(host: Host): boolean {
    return this.client.host === host || this.server.host === host;
  }

  get isOver(): boolean {
    return this.client.stream.isClosed && this.server.stream.isClosed;
  }

  /** Something between cut it: both sides see a reset. */
  reset(): void {
    this.#wire.trace.add(this.#name, 'reset by the network');
    for (const { stream } of [this.client, this.server]) stream.close(systemError('ECONNRESET', 'read'));
    this.#forget();
  }

  /** The process of this host died. Killed: its system tells the peer. Without power: nobody does. */
  processEnded(host: Host, how: 'killed' | 'powerLost'): void {
    for (const [own, peer] of [
      [this.client, this.server],
      [this.server, this.client],
    ] as const) {
      if (own.host !== host || own.stream.isClosed) continue;
      own.stream.silence();
      if (how === 'killed') peer.incoming.send({ kind: 'end', reason: systemError('ECONNRESET', 'read') });
    }
    this.#forget();
  }

  unblock(): void {
    this.client.incoming.unblock();
    this.server.incoming.unblock();
  }

  #end(host: Host, local: SocketAddress, remote: SocketAddress, peer: () => End): End {
    const wire = this.#wire;
    const chance = wire.chance;
    const streamEnd: StreamEnd = {
      windowBytes: wire.conditions.windowBytes,
      send: (packet) => {
        if (packet.kind === 'bytes') peer().unreadBytes += packet.bytes.length;
        peer().incoming.send(packet);
      },
      closed: () => this.#forget(),
      soon: (callback) => {
        if (!chance.happens(LATE_TAKING)) return queueMicrotask(callback);
        wire.time.after(chance.between(0, LATE_TAKING_MILLIS_MAX), callback);
      },
      cut: (length) => (length > 1 && chance.happens(CUT_ARRIVAL) ? chance.whole(1, length - 1) : null),
      hasRoom: () => peer().unreadBytes < wire.conditions.windowBytes,
      read: (byteCount) => {
        end.unreadBytes -= byteCount;
        peer().stream.roomAgain();
      },
    };
    const stream = new SimulatedStream(local, remote, streamEnd);
    const incoming = new PacketPipe({
      delayMillis: () => wire.delayMillis(peer().host, host),
      isBlocked: () => wire.isBlocked(peer().host, host),
      after: (delayMillis, callback) => wire.time.after(delayMillis, callback),
      arrived: (packet) => this.#arrived(end, peer(), packet),
      gaveUp: () => {
        incoming.close();
        peer().stream.close(systemError('ETIMEDOUT', 'read'));
      },
      giveUpMillis: wire.conditions.retransmissionTimeoutMillis,
    });
    const end: End = { host, life: host.life, stream, incoming, unreadBytes: 0 };
    return end;
  }

  #arrived(end: End, sender: End, packet: Packet): void {
    this.#wire.trace.add(this.#name, `${end.host.name} gets ${describePacket(packet)}`);
    if (end.stream.isClosed) {
      // Nobody has this connection any more: the sender hears of it.
      if (packet.kind === 'bytes' && !sender.stream.isClosed)
        sender.incoming.send({ kind: 'end', reason: systemError('ECONNRESET', 'write') });
      return;
    }
    end.stream.arrive(packet);
  }

  #forget(): void {
    if (this.isOver) this.#wire.forget(this);
  }
}
