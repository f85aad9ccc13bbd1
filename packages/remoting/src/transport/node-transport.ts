import { connect as connectPlain, createServer, Socket } from 'node:net';
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { systemClock } from '../environment/clock.ts';
import type {
  ByteStream,
  ConnectOptions,
  Listener,
  ListenOptions,
  Transport,
} from '../environment/transport.ts';
import { listenForDescriptors } from './descriptors.ts';
import { listening } from './listening.ts';
import { NodeStream } from './node-stream.ts';
import type { TlsSniffer } from './node-stream.ts';

const TLS_HANDSHAKE_RECORD = 0x16;

/** The network of the system. Plain sockets are read with `onread`; `noDelay` is set. */
export function nodeTransport(): Transport {
  return { listen, connect, listenForDescriptors };
}

function listen(options: ListenOptions): Promise<Listener> {
  const secure = secureContextOf(options);
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    options.accepted(acceptedStream(accepted, options.tlsMode, secure));
  });
  return listening(server, options);
}

/** What a listener needs to speak TLS; null: it speaks plain. */
export function secureContextOf(
  options: Pick<ListenOptions, 'host' | 'port' | 'tlsMode' | 'tlsIdentity'>,
): SecureContext | null {
  if (options.tlsIdentity !== undefined && options.tlsMode !== 'disabled') {
    return createSecureContext({
      cert: options.tlsIdentity.certificate,
      key: options.tlsIdentity.privateKey,
    });
  }
  if (options.tlsMode === 'enforcing') {
    throw new Error(
      `tlsMode 'enforcing' on ${options.host}:${options.port} needs a tlsIdentity; give one or make one with selfSignedIdentity()`,
    );
  }
  return null;
}

function acceptedStream(
  accepted: Socket,
  tlsMode: ListenOptions['tlsMode'],
  secure: SecureContext | null,
): ByteStream {
  // Whatever goes wrong on it is told by the socket that takes its place.
  accepted.on('error', () => undefined);
  if (tlsMode === 'enforcing' && secure !== null) return securedStream(accepted, secure);
  const stream = new NodeStream();
  stream.adopt(withOnread(accepted, stream), secure === null ? null : tlsSniffer(secure));
  return stream;
}

/** The stream of a connected socket that came from elsewhere; closing the descriptor is the stream's from here on. */
export function descriptorStream(
  descriptor: number,
  tlsMode: ListenOptions['tlsMode'],
  secure: SecureContext | null,
): ByteStream {
  const options = { fd: descriptor, readable: true, writable: true, manualStart: true, allowHalfOpen: false };
  if (tlsMode === 'enforcing' && secure !== null) return securedStream(new Socket(options), secure);
  const stream = new NodeStream();
  const readingDirectly = { ...options, onread: stream.onreadOf() };
  const socket = new Socket(readingDirectly);
  stream.adopt(socket, secure === null ? null : tlsSniffer(secure));
  return stream;
}

function securedStream(socket: Socket, secure: SecureContext): ByteStream {
  const stream = new NodeStream();
  stream.adopt(new TLSSocket(socket, { isServer: true, secureContext: secure }), null);
  return stream;
}

function tlsSniffer(secure: SecureContext): TlsSniffer {
  return (socket, first) => {
    if (first[0] !== TLS_HANDSHAKE_RECORD) return null;
    // In flowing mode without a listener the bytes would be lost before the TLS socket takes them.
    socket.pause();
    socket.unshift(first);
    return new TLSSocket(socket, { isServer: true, secureContext: secure });
  };
}

/**
 * `net.Server` has no `onread` option, so the accepted socket's handle moves to a socket that has it. The accepted socket is left
 * empty and only ends the server's count of it.
 */
function withOnread(accepted: Socket, stream: NodeStream): Socket {
  const handle: unknown = Reflect.get(accepted, '_handle');
  const options = { onread: stream.onreadOf(), handle, manualStart: true, allowHalfOpen: false };
  const socket = new Socket(options);
  Reflect.set(accepted, '_handle', null);
  accepted.destroy();
  return socket;
}

function connect(options: ConnectOptions): Promise<ByteStream> {
  const { timeoutMillis } = options;
  const { host, port } = options.address;
  const stream = new NodeStream();
  const socket =
    options.tls === undefined
      ? connectPlain({ host, port, onread: stream.onreadOf() })
      : connectTls({
          host,
          port,
          rejectUnauthorized: options.tls.verifyPeer,
          ...(options.tls.trustedCertificate === undefined ? {} : { ca: options.tls.trustedCertificate }),
        });
  socket.pause();
  return new Promise((resolve, reject) => {
    const timer = systemClock.setTimer(timeoutMillis, () => {
      socket.destroy(new Error(`connect to ${host}:${port} took longer than ${timeoutMillis} ms`));
    });
    const failed = (error: Error): void => {
      timer.cancel();
      reject(error);
    };
    socket.once('error', failed);
    socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => {
      timer.cancel();
      socket.off('error', failed);
      stream.adopt(socket, null);
      resolve(stream);
    });
  });
}
