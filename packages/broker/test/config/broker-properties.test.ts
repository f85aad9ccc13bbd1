import { describe, expect, it } from 'vitest';
import { parseProperties, writeProperties } from '../../src/config/broker-properties.ts';

describe('parseProperties', () => {
  it('reads what java.util.Properties reads', () => {
    const text =
      '# comment\n! too\n\nbrokerName = broker-a\nnamesrvAddr:10.0.0.1:9876;10.0.0.2:9876\nlong=one \\\n   two\npath=C\\:\\\\store\nempty=\n';
    expect(parseProperties(text)).toEqual([
      ['brokerName', 'broker-a'],
      ['namesrvAddr', '10.0.0.1:9876;10.0.0.2:9876'],
      ['long', 'one two'],
      ['path', 'C:\\store'],
      ['empty', ''],
    ]);
  });

  it('reads back what writeProperties wrote', () => {
    const entries = [
      ['a', 'C:\\store\\with = signs # and so on'],
      ['long', 'x'.repeat(300)],
      ['umlaut', 'Grüße'],
    ] as const;
    expect(parseProperties(writeProperties(entries))).toEqual(entries);
  });
});
