import type { AcceptedDescriptor, TlsIdentity } from '../environment/transport.ts';

/** What the broker's thread tells an I/O thread. `id` names a connection, unique in the process. */
export type ToIoThread =
  /** A socket that was accepted on a listener changes hands; the descriptor belongs to the thread from here on. */
  | {
      readonly kind: 'accepted';
      readonly id: number;
      readonly listener: number;
      readonly accepted: AcceptedDescriptor;
    }
  | { readonly kind: 'start'; readonly id: number }
  | { readonly kind: 'write'; readonly id: number; readonly bytes: Uint8Array }
  /** So many of the bytes that were forwarded have been worked on. */
  | { readonly kind: 'taken'; readonly id: number; readonly length: number }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'destroy'; readonly id: number; readonly reason: string | null }
  | {
      readonly kind: 'listening';
      readonly listener: number;
      readonly tlsMode: 'disabled' | 'permissive' | 'enforcing';
      readonly tlsIdentity: TlsIdentity | null;
    }
  /** From here on every frame is forwarded: the server answers that it is going away. */
  | { readonly kind: 'draining' }
  /** For whoever set the thread's hot path up. */
  | { readonly kind: 'note'; readonly note: unknown };

/** What an I/O thread tells. */
export type FromIoThread =
  /** Once, before anything else. */
  | { readonly kind: 'ready' }
  /** One or several whole frames that the hot path left. */
  | { readonly kind: 'frames'; readonly id: number; readonly bytes: Uint8Array }
  /** So many of the bytes to be written have been handed to the system. */
  | { readonly kind: 'written'; readonly id: number; readonly length: number }
  /** Only the hot path heard of the peer lately; it is not idle. */
  | { readonly kind: 'alive'; readonly id: number }
  | { readonly kind: 'closed'; readonly id: number; readonly reason: CloseReason | null }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    }
  | { readonly kind: 'note'; readonly note: unknown };

export interface CloseReason {
  readonly message: string;
  /** The peer did something it should not have done. */
  readonly peerFault: boolean;
}

/** One end of the line between two threads: the port of a worker thread, or of a message channel. */
export interface ThreadPort<Out, In> {
  postMessage(messages: readonly Out[], transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (messages: readonly In[]) => void): unknown;
}
