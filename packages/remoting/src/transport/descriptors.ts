import { type Server, type Socket, createServer } from 'node:net';
import type { AcceptedDescriptor, DescriptorListenOptions, Listener } from '../environment/transport.ts';
import { toError } from '../errors.ts';
import { listening } from './listening.ts';
import { addressOf } from './node-stream.ts';

/** Accepts connections and gives their descriptors away. Where sockets have no descriptors (Windows) every connection fails. */
export function listenForDescriptors(options: DescriptorListenOptions): Promise<Listener> {
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    // It was reset before it was accepted, as by whoever only looks whether the port is open.
    if (socket.remoteAddress === undefined) return void socket.destroy();
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
