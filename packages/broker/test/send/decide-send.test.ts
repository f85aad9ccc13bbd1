import { MessageSysFlag, ResponseCode } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { type MessageTraits, decideSend, decideTopicRefusal } from '../../src/send/decide-send.ts';
import { topicConfig } from '../../src/topic/topic-config.ts';

const limits = { maxMessageSize: 1000, brokerAddress: '10.0.0.1' };

function decide(given: Partial<MessageTraits>, properties: Record<string, string> = {}) {
  return decideSend(
    {
      topic: 'T',
      properties: new Map(Object.entries(properties)),
      sysFlag: 0,
      reconsumeTimes: 0,
      bodyLength: 10,
      ...given,
    },
    limits,
  );
}

function codeOf(decision: ReturnType<typeof decideSend>): number | string {
  return decision.kind === 'refuse' ? decision.status.code : decision.kind;
}

describe('decideSend', () => {
  it('stores what asks for nothing special', () => {
    expect(decide({}, { TAGS: 'a', DELAY: '0' })).toEqual({ kind: 'store' });
    expect(codeOf(decide({ sysFlag: MessageSysFlag.TRANSACTION_COMMIT_TYPE }))).toBe('store');
  });

  it('refuses bodies that are empty or too long, naming the limit', () => {
    expect(codeOf(decide({ bodyLength: 0 }))).toBe(ResponseCode.MESSAGE_ILLEGAL);
    expect(codeOf(decide({ bodyLength: 1000 }))).toBe('store');
    const tooLong = decide({ bodyLength: 1001 });
    expect(codeOf(tooLong)).toBe(ResponseCode.MESSAGE_ILLEGAL);
    expect(tooLong.kind === 'refuse' && tooLong.status.remark).toMatch(/limit 1000B.*1001/);
  });

  it('refuses transactions instead of storing them as plain messages', () => {
    expect(codeOf(decide({}, { TRAN_MSG: 'true' }))).toBe(ResponseCode.NO_PERMISSION);
    expect(codeOf(decide({}, { TRAN_MSG: 'TRUE' }))).toBe(ResponseCode.NO_PERMISSION);
    expect(codeOf(decide({}, { TRAN_MSG: 'false' }))).toBe('store');
    expect(codeOf(decide({ sysFlag: MessageSysFlag.TRANSACTION_PREPARED_TYPE }))).toBe(
      ResponseCode.NO_PERMISSION,
    );
    expect(codeOf(decide({ sysFlag: MessageSysFlag.TRANSACTION_ROLLBACK_TYPE }))).toBe(
      ResponseCode.NO_PERMISSION,
    );
    expect(decide({ reconsumeTimes: 1 }, { TRAN_MSG: 'true', DELAY: '3' })).toEqual({
      kind: 'delay',
      delayLevel: 3,
    });
  });

  it('refuses timer messages with the code of a broker without a timer wheel', () => {
    for (const name of ['TIMER_DELIVER_MS', 'TIMER_DELAY_MS', 'TIMER_DELAY_SEC']) {
      const decision = decide({}, { [name]: '5' });
      expect(codeOf(decision)).toBe(ResponseCode.SYSTEM_ERROR);
      expect(decision.kind === 'refuse' && decision.status.remark).toMatch(/timerWheelEnable is false/);
      expect(decide({}, { [name]: '5', DELAY: '2' })).toEqual({ kind: 'delay', delayLevel: 2 });
    }
  });

  it('refuses what only an inner batch topic takes, and a delay that is no number', () => {
    expect(codeOf(decide({}, { INNER_NUM: '2' }))).toBe(ResponseCode.MESSAGE_ILLEGAL);
    expect(codeOf(decide({ sysFlag: MessageSysFlag.INNER_BATCH_FLAG }))).toBe(ResponseCode.MESSAGE_ILLEGAL);
    expect(codeOf(decide({}, { DELAY: 'x' }))).toBe(ResponseCode.MESSAGE_ILLEGAL);
  });

  it('refuses a topic that no record can hold', () => {
    expect(codeOf(decide({ topic: 'x'.repeat(255) }))).toBe('store');
    expect(codeOf(decide({ topic: 'x'.repeat(256) }))).toBe(ResponseCode.MESSAGE_ILLEGAL);
  });
});

describe('decideTopicRefusal', () => {
  const topic = topicConfig('T', { readQueueNums: 4, writeQueueNums: 8, perm: 6 });
  const refusalOf = (queueId: number, given = {}) =>
    decideTopicRefusal({ ...topic, ...given }, { queueId, producer: '10.0.0.9:1' })?.code;

  it('accepts queue ids below the larger of the two numbers', () => {
    expect(refusalOf(7)).toBeUndefined();
    expect(refusalOf(-1)).toBeUndefined();
    expect(refusalOf(8)).toBe(ResponseCode.INVALID_PARAMETER);
    expect(refusalOf(9, { readQueueNums: 10 })).toBeUndefined();
  });

  it('refuses topics that may not be written', () => {
    expect(refusalOf(0, { perm: 4 })).toBe(ResponseCode.NO_PERMISSION);
  });
});
