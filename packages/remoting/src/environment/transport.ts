import type { IngestResult } from './ingest-result.ts';

export interface SocketAddress {
  /** An IPv4 or IPv6 literal, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What the owner of a stream is told. Exactly one `closed` ends the story. */
export interface StreamEvents {
  /**
   * Where the next bytes go; asked before each read. The same memory may be offered to many streams:
   * what `received` does not copy is overwritten.
   */
  receiveBuffer(): Uint8Array;
  /** `length` bytes now stand at the start of the buffer offered last. */
  received(length: number): void;
  /** The peer has taken enough that writing may go on after `write` returned false. */
  writable(): void;
  closed(reason: Error | null): void;
  /** Whether the hot path may see the next bytes first: nothing is left over. Without it, it may not. */
  mayIngest?(): boolean;
  /** The hot path saw these bytes first and left something; memory that is used again, as with `received`. */
  ingested?(chunk: Buffer, result: IngestResult): void;
  /** Responses that the hot path had kept back, to be written. */
  released?(responses: Buffer): void;
  /** The hot path has written more than the peer takes: as if `write` had returned false. */
  congested?(): void;
}

/** An ordered stream of bytes to one peer, plain or TLS. */
export interface ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes accepted by `write` and not yet handed to the system. */
  readonly unsentBytes: number;
  /** Whether bytes came, since this was asked last, of which the owner was not told. Without it, none ever do. */
  takeHeard?(): boolean;
  /** Begins reading. Called once. */
  start(events: StreamEvents): void;
  /** Queues the bytes; `done` says that the memory may be reused. False: wait for `writable`. */
  write(bytes: Uint8Array, done?: () => void): boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes now. */
  destroy(reason?: Error): void;
}

/** A connection that was accepted and given away as a descriptor. */
export interface AcceptedDescriptor {
  /** The receiver's to close. */
  readonly descriptor: number;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

export interface DescriptorListenOptions {
  readonly host: string;
  readonly port: number;
  /** A second descriptor of the same socket. */
  readonly duplicateDescriptor: (descriptor: number) => number;
  readonly accepted: (accepted: AcceptedDescriptor) => void;
  /** That connection is lost. */
  readonly failed: (error: Error) => void;
}

export interface Listener {
  /** The bound address; the port is real even when 0 was asked for. */
  readonly address: SocketAddress;
  /** Stops accepting; streams that exist go on. */
  close(): Promise<void>;
}

/** TLS material in PEM. */
export interface TlsIdentity {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** 'permissive' tells TLS from plain by the first byte (0x16), on the same port. */
  readonly tlsMode: 'disabled' | 'permissive' | 'enforcing';
  readonly tlsIdentity?: TlsIdentity;
  readonly accepted: (stream: ByteStream) => void;
}

export interface ConnectOptions {
  readonly address: SocketAddress;
  readonly timeoutMillis: number;
  readonly tls?: { readonly trustedCertificate?: string; readonly verifyPeer: boolean };
}

/** The network as an argument. */
export interface Transport {
  listen(options: ListenOptions): Promise<Listener>;
  connect(options: ConnectOptions): Promise<ByteStream>;
  /** Gives accepted connections away. Only a network of the system can. */
  listenForDescriptors?(options: DescriptorListenOptions): Promise<Listener>;
}
