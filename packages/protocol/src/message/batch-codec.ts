import type { Message } from './message.ts';
import { decodeProperties, encodeProperties } from './properties-codec.ts';
import { RecordError } from './record-error.ts';
import { PROPERTIES_LENGTH_MAX } from './record-layout.ts';

/** total size, magic, body CRC, flag, body length, properties length. */
const ELEMENT_LENGTH_MIN = 22;

/** What a batch says about each message; topic, queue and the rest are in the request's header. */
export type BatchElement = Pick<Message, 'flag' | 'properties' | 'body'>;

/** An element to encode; its properties may be given as the string they are sent as. */
export type BatchElementToEncode = Omit<BatchElement, 'properties'> & {
  readonly properties: ReadonlyMap<string, string> | string;
};

/**
 * The body of SEND_BATCH_MESSAGE (Java: `MessageDecoder.encodeMessages`).
 *
 * @throws RecordError when one message's properties are too long
 */
export function encodeBatch(messages: readonly BatchElementToEncode[]): Buffer {
  const properties = messages.map((message) =>
    Buffer.from(
      typeof message.properties === 'string' ? message.properties : encodeProperties(message.properties),
    ),
  );
  let total = 0;
  for (const [index, message] of messages.entries()) {
    const length = properties[index]?.length ?? 0;
    if (length > PROPERTIES_LENGTH_MAX) {
      throw new RecordError(
        `properties length of batch message ${index}`,
        total,
        length,
        `at most ${PROPERTIES_LENGTH_MAX}`,
      );
    }
    total += ELEMENT_LENGTH_MIN + message.body.length + length;
  }
  const batch = Buffer.alloc(total);
  let at = 0;
  for (const [index, message] of messages.entries()) {
    const propertyBytes = properties[index] ?? Buffer.alloc(0);
    batch.writeInt32BE(ELEMENT_LENGTH_MIN + message.body.length + propertyBytes.length, at);
    batch.writeInt32BE(message.flag, at + 12);
    batch.writeInt32BE(message.body.length, at + 16);
    batch.set(message.body, at + 20);
    at = batch.writeInt16BE(propertyBytes.length, at + 20 + message.body.length);
    at += propertyBytes.copy(batch, at);
  }
  return batch;
}

/** The inverse of {@link encodeBatch}; bodies are views on `bytes`. @throws RecordError */
export function decodeBatch(bytes: Uint8Array): BatchElement[] {
  const batch = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: BatchElement[] = [];
  let at = 0;
  while (at < batch.length) {
    const available = batch.length - at;
    if (available < ELEMENT_LENGTH_MIN) {
      throw new RecordError('batch message', at, `${available} bytes`, `at least ${ELEMENT_LENGTH_MIN}`);
    }
    const size = requireLength(
      'batch message length',
      at,
      batch.readInt32BE(at),
      ELEMENT_LENGTH_MIN,
      available,
    );
    const bodyRoom = size - ELEMENT_LENGTH_MIN;
    const bodyLength = requireLength('body length', at + 16, batch.readInt32BE(at + 16), 0, bodyRoom);
    const propertiesAt = at + 20 + bodyLength;
    const propertiesRoom = bodyRoom - bodyLength;
    const propertiesLength = requireLength(
      'properties length',
      propertiesAt,
      batch.readInt16BE(propertiesAt),
      propertiesRoom,
      propertiesRoom,
    );
    elements.push({
      flag: batch.readInt32BE(at + 12),
      body: batch.subarray(at + 20, propertiesAt),
      properties: decodeProperties(
        batch.toString('utf8', propertiesAt + 2, propertiesAt + 2 + propertiesLength),
      ),
    });
    at += size;
  }
  return elements;
}

function requireLength(what: string, at: number, found: number, min: number, max: number): number {
  if (found < min || found > max) {
    throw new RecordError(what, at, found, min === max ? String(min) : `${min} to ${max}`);
  }
  return found;
}
