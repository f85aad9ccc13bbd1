import { decodeRecord } from '@centaurmq/protocol';
import type { MessageStore } from '../store/message-store.ts';

const BUFFER_BYTES = 4096;

/** When the message at this place of a queue was stored, in milliseconds; -1 when there is none. */
export function storeTimestampAt(
  store: Pick<MessageStore, 'read'>,
  queue: { readonly topic: string; readonly queueId: number },
  queueOffset: number,
): number {
  const { topic, queueId } = queue;
  const request = { topic, queueId, queueOffset, messageCountMax: 1, recordBytesMax: 1, tagCodes: null };
  let out = Buffer.allocUnsafe(BUFFER_BYTES);
  let found = store.read(request, out, 0);
  if (found.status === 'OUTPUT_TOO_SMALL') {
    out = Buffer.allocUnsafe(found.requiredBytes);
    found = store.read(request, out, 0);
  }
  if (found.status !== 'FOUND') return -1;
  return decodeRecord(out.subarray(0, found.recordBytes), 0).storeTimestamp;
}
