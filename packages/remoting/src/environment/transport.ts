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
}

/** An ordered stream of bytes to one peer, plain or TLS. */
export interface ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes accepted by `write` and not yet handed to the system. */
  readonly unsentBytes: number;
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
}
