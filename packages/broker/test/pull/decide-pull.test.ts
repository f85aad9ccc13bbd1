import { RequestCode, ResponseCode, tagsCode } from '@centaurmq/protocol';
import { describe, expect, it } from 'vitest';
import { ConsumerGroupInfo } from '../../src/client/consumer-group-info.ts';
import type { SubscriptionData } from '../../src/client/subscription-data.ts';
import { ForbiddenType, type PullState, decidePull } from '../../src/pull/decide-pull.ts';
import type { PullRequest } from '../../src/pull/pull-request.ts';
import { subscriptionGroupConfig } from '../../src/subscription/subscription-group-config.ts';
import { topicConfig } from '../../src/topic/topic-config.ts';

const pull: PullRequest = {
  consumerGroup: 'G',
  topic: 'T',
  queueId: 0,
  queueOffset: 0,
  maxMsgNums: 32,
  sysFlag: 4,
  commitOffset: 0,
  suspendTimeoutMillis: 15_000,
  subscription: '*',
  subVersion: 100,
  expressionType: 'TAG',
};

const subscription: SubscriptionData = {
  classFilterMode: false,
  topic: 'T',
  subString: 'a || b',
  tagsSet: ['a', 'b'],
  codeSet: [tagsCode('a'), tagsCode('b')],
  subVersion: 100,
  expressionType: 'TAG',
};

function groupInfo(
  given: Partial<SubscriptionData> = {},
  messageModel: 'CLUSTERING' | 'BROADCASTING' = 'CLUSTERING',
) {
  const info = new ConsumerGroupInfo('G', {
    consumeType: 'CONSUME_PASSIVELY',
    messageModel,
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
  });
  info.updateSubscriptions([{ ...subscription, ...given }]);
  return info;
}

const open: PullState = {
  config: { brokerIP1: '10.0.0.1', brokerPermission: 6, litePullMessageEnable: true },
  group: subscriptionGroupConfig('G'),
  topic: topicConfig('T', { readQueueNums: 4 }),
  groupInfo: groupInfo(),
  isReadForbidden: () => false,
};

function decide(
  request: Partial<PullRequest>,
  state: Partial<PullState>,
  code: number = RequestCode.PULL_MESSAGE,
) {
  return decidePull(code, { ...pull, ...request }, { ...open, ...state });
}

function refusalOf(...given: Parameters<typeof decide>): [number | undefined, number | null | undefined] {
  const { refused } = decide(...given);
  return [refused?.code, refused?.forbiddenType];
}

function codesOf(text: string | undefined) {
  return decide({ subscription: text }, {}).admitted?.filter.tagCodes;
}

describe('decidePull', () => {
  it('refuses in the order and with the codes of Java', () => {
    const closed = { ...open.config, brokerPermission: 2 };
    const noLite = { ...open.config, litePullMessageEnable: false };
    const group = subscriptionGroupConfig('G', { consumeEnable: false });
    const { NO_PERMISSION } = ResponseCode;
    expect(refusalOf({}, { config: closed, group: null })).toEqual([NO_PERMISSION, ForbiddenType.BROKER]);
    expect(refusalOf({}, { config: noLite }, RequestCode.LITE_PULL_MESSAGE)).toEqual([
      NO_PERMISSION,
      ForbiddenType.BROKER,
    ]);
    expect(refusalOf({}, { config: noLite })).toEqual([undefined, undefined]);
    expect(refusalOf({}, { group: null, topic: undefined })).toEqual([
      ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
      null,
    ]);
    expect(refusalOf({}, { group, topic: undefined })).toEqual([NO_PERMISSION, ForbiddenType.GROUP]);
    expect(refusalOf({}, { topic: undefined })).toEqual([ResponseCode.TOPIC_NOT_EXIST, null]);
    const unreadable = topicConfig('T', { perm: 2 });
    expect(refusalOf({ queueId: 99 }, { topic: unreadable })).toEqual([NO_PERMISSION, ForbiddenType.TOPIC]);
    expect(refusalOf({ queueId: 4, subscription: '||' }, {})).toEqual([ResponseCode.INVALID_PARAMETER, null]);
    expect(refusalOf({ queueId: -1 }, {})).toEqual([ResponseCode.INVALID_PARAMETER, null]);
    expect(refusalOf({ subscription: '||' }, {})).toEqual([ResponseCode.SUBSCRIPTION_PARSE_FAILED, null]);
  });

  it('uses the registered subscription when the pull brings none', () => {
    const registered = { sysFlag: 0 };
    expect(refusalOf(registered, { groupInfo: undefined })).toEqual([
      ResponseCode.SUBSCRIPTION_NOT_EXIST,
      null,
    ]);
    const group = subscriptionGroupConfig('G', { consumeBroadcastEnable: false });
    expect(refusalOf(registered, { group, groupInfo: groupInfo({}, 'BROADCASTING') })).toEqual([
      ResponseCode.NO_PERMISSION,
      ForbiddenType.BROADCASTING_DISABLE,
    ]);
    expect(refusalOf(registered, { isReadForbidden: () => true })).toEqual([
      ResponseCode.NO_PERMISSION,
      ForbiddenType.SUBSCRIPTION,
    ]);
    const other = { groupInfo: groupInfo({ topic: 'U' }) };
    expect(refusalOf(registered, other)).toEqual([ResponseCode.SUBSCRIPTION_NOT_EXIST, null]);
    expect(refusalOf({ sysFlag: 0, subVersion: 101 }, {})).toEqual([
      ResponseCode.SUBSCRIPTION_NOT_LATEST,
      null,
    ]);
    expect(decide(registered, {}).admitted?.filter.tagCodes).toEqual(
      Int32Array.of(tagsCode('a'), tagsCode('b')),
    );
    expect(
      decide(registered, { groupInfo: groupInfo({ subString: '*' }) }).admitted?.filter.tagCodes,
    ).toBeNull();
  });

  it('reads the tags of a subscription that comes along', () => {
    expect(codesOf(' a ||b|| ')).toEqual(Int32Array.of(tagsCode('a'), tagsCode('b')));
    expect(codesOf('*')).toBeNull();
    expect(codesOf('')).toBeNull();
    expect(codesOf(undefined)).toBeNull();
  });

  it('refuses SQL as a broker without the property filter', () => {
    const { refused } = decide({ expressionType: 'SQL92', subscription: 'a > 1' }, {});
    expect(refused).toMatchObject({ code: ResponseCode.SYSTEM_ERROR });
    expect(refused?.remark).toMatch(/does not support consumer to filter message by SQL92/);
    expect(refusalOf({ expressionType: 'SQL92', subscription: '' }, {})[0]).toBe(
      ResponseCode.SUBSCRIPTION_PARSE_FAILED,
    );
  });
});
