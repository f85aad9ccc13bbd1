import { type Server, type Socket, createServer } from 'node:net';
import type { Listener } from '../environment/transport.ts';
import type { AcceptedDescriptor } from '../io-threads/io-messages.ts';
import { toError } from '../errors.ts';
import { listening } from './listening.ts';
import { addressOf } from './node-stream.ts';

export interface DescriptorListenOptions {
  readonly host: string;
  readonly port: number;
  /** A second descriptor of the same socket. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  /** The descriptor is the receiver's to close. */
  readonly accepted: (accepted: AcceptedDescriptor) => void;
  /** That connection is lost. */
  readonly failed: (error: Error) => void;
}

/** Accepts connections and gives their descriptors away. Where sockets have no descriptors (Windows) every connection fails. */
export function listenForDescriptors(options: DescriptorListenOptions): Promise<Listener> {
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    try {
      options.accepted(descriptorOf(socket, options.duplicateDescriptor));
    } catch (error) {
      options.failed(toError(error));
    } finally {
      // Closes this descriptor of the socket only.
      socket.destroy();
    }
  });
  return listening(server, options);
}

function descriptorOf(socket: Socket, duplicate: (descriptor: number) => number): AcceptedDescriptor {
  const handle = Reflect.get(socket, '_handle') as { readonly fd?: number } | null;
  const own = handle?.fd;
  if (own === undefined || own < 0) throw new Error('the accepted socket has no descriptor');
  const local = addressOf(socket.localAddress, socket.localPort);
  const remote = addressOf(socket.remoteAddress, socket.remotePort);
  return { descriptor: duplicate(own), local, remote };
}
