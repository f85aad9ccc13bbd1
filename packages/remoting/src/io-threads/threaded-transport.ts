import type { Logger } from '../environment/logger.ts';
import type {
  AcceptedDescriptor,
  ByteStream,
  ConnectOptions,
  ListenOptions,
  Listener,
  Transport,
} from '../environment/transport.ts';
import { listenForDescriptors } from '../transport/descriptors.ts';
import type { FromIoThread, ThreadPort, ToIoThread } from './io-messages.ts';
import { Outbox } from './outbox.ts';
import { ThreadStream } from './thread-stream.ts';

/** A worker thread that runs {@link serveIoThread}. */
export interface IoThreadWorker extends ThreadPort<ToIoThread, FromIoThread> {
  on(event: 'message', listener: (messages: readonly FromIoThread[]) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (exitCode: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export interface ThreadedTransportOptions {
  /** At least one. */
  readonly workers: readonly IoThreadWorker[];
  /** A second descriptor of the same socket. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  /** For connections of this side. */
  readonly connect: Transport['connect'];
  readonly logger: Logger;
  /** What a thread's hot path notes; answered through `reply`. */
  readonly noted: (note: unknown, reply: (note: unknown) => void) => void;
}

interface IoThread {
  readonly worker: IoThreadWorker;
  readonly outbox: Outbox<ToIoThread>;
  readonly streams: Map<number, ThreadStream>;
  ended: boolean;
  /** Rejects when the thread ends before. */
  readonly ready: Promise<void>;
  readonly readiness: { resolve: () => void; reject: (error: Error) => void };
}

let lastConnectionId = 0;

/**
 * The network of the system with several threads serving it: sockets are accepted here and handed to the thread with the fewest
 * connections, which reads, runs the hot path and writes; what the hot path leaves comes here. Not on Windows.
 */
export class ThreadedTransport implements Transport {
  readonly #options: ThreadedTransportOptions;
  readonly #threads: readonly IoThread[];
  #listenerCount = 0;
  #closing = false;

  constructor(options: ThreadedTransportOptions) {
    this.#options = options;
    this.#threads = options.workers.map((worker) => this.#thread(worker));
  }

  connect(options: ConnectOptions): Promise<ByteStream> {
    return this.#options.connect(options);
  }

  async listen(options: ListenOptions): Promise<Listener> {
    await Promise.all(this.#threads.map(({ ready }) => ready));
    const { tlsMode, tlsIdentity = null } = options;
    const listener = ++this.#listenerCount;
    for (const { outbox } of this.#threads)
      outbox.post({ kind: 'listening', listener, tlsMode, tlsIdentity });
    const { duplicateDescriptor, logger } = this.#options;
    const accepting = await listenForDescriptors({
      host: options.host,
      port: options.port,
      duplicateDescriptor,
      accepted: (accepted) => options.accepted(this.#handOver(listener, accepted)),
      failed: (error) =>
        logger.error({ err: error }, 'an accepted connection could not be handed to an I/O thread'),
    });
    return {
      address: accepting.address,
      close: async () => {
        for (const { outbox } of this.#threads) outbox.post({ kind: 'draining' });
        await accepting.close();
      },
    };
  }

  /** Ends the threads and with them all connections. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #thread(worker: IoThreadWorker): IoThread {
    const readiness: IoThread['readiness'] = { resolve: () => undefined, reject: () => undefined };
    const ready = new Promise<void>((resolve, reject) => Object.assign(readiness, { resolve, reject }));
    // Told by listen; a transport that never listens has nobody to tell.
    ready.catch(() => undefined);
    const outbox = new Outbox(worker);
    const thread: IoThread = { worker, outbox, streams: new Map(), ended: false, ready, readiness };
    worker.on('message', (messages) => {
      for (const message of messages) this.#told(thread, message);
    });
    worker.on('error', (error) => {
      readiness.reject(new Error(`an I/O thread failed: ${error.message}`, { cause: error }));
      this.#options.logger.error({ err: error }, 'an I/O thread failed');
    });
    worker.on('exit', (exitCode) => this.#ended(thread, exitCode));
    return thread;
  }

  #handOver(listener: number, accepted: AcceptedDescriptor): ThreadStream {
    const thread = this.#leastBusy();
    const id = ++lastConnectionId;
    const stream = new ThreadStream(id, accepted, thread.outbox);
    thread.streams.set(id, stream);
    thread.outbox.post({ kind: 'accepted', id, listener, accepted });
    return stream;
  }

  #leastBusy(): IoThread {
    const [first, ...others] = this.#threads.filter(({ ended }) => !ended);
    if (first === undefined) throw new Error('all I/O threads have ended; restart the broker');
    return others.reduce((least, each) => (each.streams.size < least.streams.size ? each : least), first);
  }

  #told(thread: IoThread, message: FromIoThread): void {
    if (message.kind === 'ready') {
      thread.readiness.resolve();
    } else if (message.kind === 'note') {
      this.#options.noted(message.note, (note) => thread.outbox.post({ kind: 'note', note }));
    } else if (message.kind === 'log') {
      this.#options.logger[message.level](message.fields, message.message);
    } else {
      const stream = thread.streams.get(message.id);
      if (message.kind === 'closed') thread.streams.delete(message.id);
      stream?.told(message);
    }
  }

  /** Its sockets went with it: whoever was connected connects again, to another thread. */
  #ended(thread: IoThread, exitCode: number): void {
    thread.ended = true;
    thread.readiness.reject(new Error(`an I/O thread ended with exit code ${exitCode}`));
    if (!this.#closing)
      this.#options.logger.error({ exitCode }, 'an I/O thread ended; its connections are closed');
    const reason = { message: `the I/O thread ended with exit code ${exitCode}`, peerFault: false };
    for (const [id, stream] of thread.streams) stream.told({ kind: 'closed', id, reason });
    thread.streams.clear();
  }
}
