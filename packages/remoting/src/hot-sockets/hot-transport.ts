import type { Logger } from '../environment/logger.ts';
import type {
  ByteStream,
  ConnectOptions,
  Listener,
  ListenOptions,
  Transport,
} from '../environment/transport.ts';
import { HotStream } from './hot-stream.ts';
import type { HotSockets } from './hot-sockets.ts';

export interface HotTransportOptions {
  /** Accepts, connects, and does everything that is not plain. One that gives no descriptors away keeps its sockets. */
  readonly transport: Transport;
  readonly sockets: HotSockets;
  /** A second descriptor of the same socket. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  readonly logger: Logger;
}

/** A network whose accepted plain connections are served by {@link HotSockets}; listeners that speak TLS stay what they were. */
export class HotTransport implements Transport {
  readonly #options: HotTransportOptions;

  constructor(options: HotTransportOptions) {
    this.#options = options;
  }

  connect(options: ConnectOptions): Promise<ByteStream> {
    return this.#options.transport.connect(options);
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const { transport, sockets, duplicateDescriptor, logger } = this.#options;
    if (options.tlsMode !== 'disabled' || transport.listenForDescriptors === undefined)
      return transport.listen(options);
    const streams = new Set<HotStream>();
    const accepting = await transport.listenForDescriptors({
      host: options.host,
      port: options.port,
      duplicateDescriptor,
      accepted: (accepted) => {
        const stream = new HotStream(sockets, accepted, (closed) => streams.delete(closed));
        streams.add(stream);
        options.accepted(stream);
      },
      failed: (error) => logger.error({ err: error }, 'an accepted connection could not be taken over'),
    });
    return {
      address: accepting.address,
      close: () => {
        // Whoever stops listening is about to answer differently.
        for (const stream of streams) stream.chooseReader();
        return accepting.close();
      },
    };
  }
}
