import { expect, it } from 'vitest';
import { HeartbeatData, JsonError } from '../../src/index.ts';

function decode(value: unknown): HeartbeatData {
  return HeartbeatData.decode(Buffer.from(JSON.stringify(value)));
}

it('reads what a C++ client sends: ordinals for constants, numbers in quotes', () => {
  const { consumerDataSet } = decode({
    clientID: 'c',
    consumerDataSet: [
      {
        groupName: 'g',
        consumeType: 1,
        messageModel: 1,
        consumeFromWhere: 4,
        subscriptionDataSet: [
          { topic: 'T', subString: '*', subVersion: '1700000000123', codeSet: ['5'], tagsSet: [] },
        ],
      },
    ],
    producerDataSet: [],
  });
  expect(consumerDataSet).toEqual([
    {
      groupName: 'g',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      unitMode: false,
      subscriptionDataSet: [
        {
          topic: 'T',
          subString: '*',
          expressionType: 'TAG',
          tagsSet: [],
          codeSet: [5],
          subVersion: 1_700_000_000_123,
          classFilterMode: false,
        },
      ],
    },
  ]);
});

it('reads what a Go client sends: no fingerprint, no sets', () => {
  expect(decode({ clientID: 'c', producerDataSet: [{ groupName: 'p' }], consumerDataSet: null })).toEqual({
    clientID: 'c',
    producerDataSet: [{ groupName: 'p' }],
    consumerDataSet: [],
    heartbeatFingerprint: 0,
    withoutSub: false,
  });
});

it('refuses a constant that does not exist, and a body of another shape', () => {
  expect(() => decode({ consumerDataSet: [{ consumeType: 9 }] })).toThrow(
    'JSON at HeartbeatData.consumerDataSet[0].consumeType: found 9, expected 0 to 2',
  );
  expect(() => decode([])).toThrow(JsonError);
  expect(() => decode({ producerDataSet: {} })).toThrow(
    'HeartbeatData.producerDataSet: found an object, expected an array',
  );
});
