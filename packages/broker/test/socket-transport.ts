import {
  type ConnectOptions,
  type DescriptorListenOptions,
  type Listener,
  type SocketAddress,
  type Transport,
  nodeTransport,
} from '@centaurmq/remoting';

const LOOPBACK = '127.0.0.1';
const EPHEMERAL_PORT_FIRST = 49_152;

/**
 * Sockets of the system under the addresses that the memory transport would give, so that what brokers on either of them answer and
 * store can be compared to the byte. For one address that clients connect to.
 */
export function socketTransport(local: SocketAddress): Transport {
  const system = nodeTransport();
  const bound = new Map<number, SocketAddress>();
  let lastPort = EPHEMERAL_PORT_FIRST;

  async function listenForDescriptors(options: DescriptorListenOptions): Promise<Listener> {
    if (system.listenForDescriptors === undefined) throw new Error('the system gives no descriptors');
    const listener = await system.listenForDescriptors({
      ...options,
      host: LOOPBACK,
      port: 0,
      accepted: ({ descriptor }) =>
        options.accepted({ descriptor, local, remote: { host: LOOPBACK, port: ++lastPort } }),
    });
    bound.set(options.port, listener.address);
    return { address: { host: options.host, port: options.port }, close: () => listener.close() };
  }

  return {
    listenForDescriptors,
    listen: () => Promise.reject(new Error('these sockets are served by the engine or not at all')),
    connect: (options: ConnectOptions) =>
      system.connect({ ...options, address: bound.get(options.address.port) ?? options.address }),
  };
}
