import { describe, expect, it } from 'vitest';
import { MessageProperties } from '../../src/send/message-properties.ts';

const broker = { regionId: 'R', traceOn: true, clusterName: 'C' };
const suffix = 'MSG_REGION\u0001R\u0002TRACE_ON\u0001true\u0002CLUSTER\u0001C\u0002';

function stored(text: string | undefined): string {
  return MessageProperties.ofRequest(text).encodeWith(broker).toString();
}

describe('MessageProperties', () => {
  it("keeps the request's bytes and adds the broker's", () => {
    expect(stored('b\u00012\u0002a\u00011\u0002')).toBe(`b\u00012\u0002a\u00011\u0002${suffix}`);
    expect(stored('b\u00012')).toBe(`b\u00012\u0002${suffix}`);
    expect(stored(undefined)).toBe(suffix);
  });

  it('keeps doubled names, of which the last counts', () => {
    const properties = MessageProperties.ofRequest('a\u00011\u0002a\u00012\u0002');
    expect(properties.get('a')).toBe('2');
    expect(stored('a\u00011\u0002a\u00012\u0002')).toBe(`a\u00011\u0002a\u00012\u0002${suffix}`);
  });

  it('drops what is no property, as Java does', () => {
    expect(stored('a\u0002\u0001b\u0002c\u0001\u0002\u0002d\u00011\u0002')).toBe(`d\u00011\u0002${suffix}`);
  });

  it('drops what only the broker may set and replaces what it sets itself', () => {
    const text =
      'POP_CK\u0001x\u0002CLUSTER\u0001evil\u0002__CRC32#\u00010\u0002__RMQ.TRANSIENT.X\u00011\u0002a\u00011\u0002';
    expect(stored(text)).toBe(`a\u00011\u0002${suffix}`);
  });

  it('sets at the end, whether it was there or not', () => {
    const properties = MessageProperties.ofRequest('a\u00011\u0002b\u00012\u0002a\u00013\u0002');
    properties.set('a', '4');
    expect(properties.encode().toString()).toBe('b\u00012\u0002a\u00014\u0002');
    expect(properties.has('a')).toBe(true);
    properties.delete('a');
    expect(properties.has('a')).toBe(false);
  });
});
