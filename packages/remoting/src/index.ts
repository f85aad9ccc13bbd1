export type { HotSocket, HotSocketEvents, HotSockets, SocketReader } from './hot-sockets/hot-sockets.ts';
export { HotTransport } from './hot-sockets/hot-transport.ts';
export type { HotTransportOptions } from './hot-sockets/hot-transport.ts';
export { RemotingClient } from './client/remoting-client.ts';
export type { InvokeOptions, RemotingClientOptions } from './client/remoting-client.ts';
export { remotingClientLimits } from './client/remoting-client-limits.ts';
export type { RemotingClientLimits } from './client/remoting-client-limits.ts';
export { wholeFrames } from './connection/frames.ts';
export * from './environment/address.ts';
export * from './environment/clock.ts';
export * from './environment/ingest-result.ts';
export * from './environment/logger.ts';
export * from './environment/manual-clock.ts';
export * from './environment/random.ts';
export * from './environment/transport.ts';
export {
  RemotingConnectError,
  RemotingError,
  RemotingSendError,
  RemotingTimeoutError,
  RemotingTooMuchRequestError,
} from './errors.ts';
export * from './server/chunk-ingestor.ts';
export { RemotingServer } from './server/remoting-server.ts';
export type { RemotingServerOptions } from './server/remoting-server.ts';
export { remotingServerLimits } from './server/remoting-server-limits.ts';
export type { RemotingServerLimits } from './server/remoting-server-limits.ts';
export * from './server/request-handler.ts';
export { serveIoThread } from './io-threads/io-thread.ts';
export type { IoThreadHotPath, IoThreadOptions, IoThreadServices } from './io-threads/io-thread.ts';
export { ThreadedTransport } from './io-threads/threaded-transport.ts';
export type { IoThreadWorker, ThreadedTransportOptions } from './io-threads/threaded-transport.ts';
export { memoryTransport } from './transport/memory-transport.ts';
export type { MemoryTransportOptions } from './transport/memory-transport.ts';
export { nodeTransport } from './transport/node-transport.ts';
export { selfSignedIdentity } from './transport/self-signed-identity.ts';
export type { SelfSignedIdentityOptions } from './transport/self-signed-identity.ts';
