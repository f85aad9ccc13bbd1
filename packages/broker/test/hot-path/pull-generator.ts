import {
  type ExtFields,
  HeartbeatData,
  PullMessageRequestHeader,
  PullSysFlag,
  type RemotingCommand,
  RequestCode,
  ResetOffsetRequestHeader,
  SerializeType,
  SubscriptionGroupConfig,
  UpdateConsumerOffsetRequestHeader,
  UpdateGroupForbiddenRequestHeader,
  buildSubscriptionData,
  defaultSubscriptionGroupConfig,
  encodeFrame,
  requestCommand,
} from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';
import { createTopicCommand } from './create-topic-command.ts';
import { oddJsonFrame } from './odd-json-frame.ts';
import type { GeneratedFrame } from './send-generator.ts';

export const PULL_TOPICS: readonly string[] = ['T0', 'T1', 'Safe'];
export const PULL_GROUPS: readonly string[] = ['G0', 'G1', 'G2'];
const QUEUES = 4;
const ODD_VALUES = [
  '',
  '0',
  '-1',
  '-0',
  '007',
  '+1',
  ' 1',
  '1.5',
  'x',
  '2147483648',
  '9007199254740993',
  'ы',
];
const EXPRESSIONS = ['*', '', 'a', 'a||b', ' a || ', '||', 'a|||b', ' ', 'ярлык', 'c||zzz', 'a\tb'];

/** Pulls as consumers write them, with every oddity we could think of mixed in, and what changes their answers. */
export class PullGenerator {
  readonly #random: Random;
  /** Messages in each queue, about. */
  readonly #queueLength: number;
  #opaque = 0;
  #subVersion = 1;

  constructor(random: Random, queueLength: number) {
    this.#random = random;
    this.#queueLength = queueLength;
  }

  /** A pull mostly, or what a consumer sends beside. */
  next(): GeneratedFrame {
    if (this.#oneIn(12)) return this.#framed(this.#offsetCommand());
    if (this.#oneIn(20)) return this.#framed(this.#change());
    return this.#framed(this.#pull());
  }

  /** All groups are online and subscribed to everything. */
  heartbeats(): GeneratedFrame[] {
    return PULL_GROUPS.map((group) =>
      this.#framed(
        this.#heartbeat(group, () => '*'),
        encodeFrame,
      ),
    );
  }

  #framed(command: RemotingCommand, encode = this.#encode): GeneratedFrame {
    this.#opaque += 1;
    const numbered = { ...command, opaque: this.#opaque };
    return { bytes: encode(numbered), opaque: this.#opaque, answered: (command.flag & 2) === 0 };
  }

  readonly #encode = (command: RemotingCommand): Buffer => {
    if (this.#oneIn(3)) return encodeFrame({ ...command, serializeType: SerializeType.ROCKETMQ });
    return this.#oneIn(12) ? oddJsonFrame(command, this.#random) : encodeFrame(command);
  };

  #pull(): RemotingCommand {
    const brings = this.#oneIn(4);
    const sysFlag =
      (this.#oneIn(2) ? PullSysFlag.COMMIT_OFFSET : 0) |
      (this.#oneIn(3) ? PullSysFlag.SUSPEND : 0) |
      (brings ? PullSysFlag.SUBSCRIPTION : 0) |
      (this.#oneIn(40) ? PullSysFlag.CLASS_FILTER : 0) |
      (this.#oneIn(5) ? PullSysFlag.LITE_PULL_MESSAGE : 0);
    const extFields: ExtFields = PullMessageRequestHeader.encode({
      consumerGroup: this.#oneIn(30) ? this.#pick(['Nobody', 'not a group', '']) : this.#pick(PULL_GROUPS),
      topic: this.#oneIn(30) ? this.#pick(['None', '', 'тема']) : this.#pick(PULL_TOPICS),
      queueId: this.#random.below(this.#oneIn(20) ? QUEUES + 2 : QUEUES),
      queueOffset: this.#random.below(this.#queueLength + 3) - (this.#oneIn(30) ? this.#queueLength : 0),
      maxMsgNums: this.#pick([32, 32, 32, 1, 5, 100, 0, -1]),
      sysFlag,
      commitOffset: this.#random.below(100) - (this.#oneIn(20) ? 50 : 0),
      suspendTimeoutMillis: this.#random.below(5),
      subVersion: this.#random.below(this.#subVersion + 2),
      ...(brings || this.#oneIn(5) ? { subscription: this.#pick(EXPRESSIONS) } : {}),
      ...(this.#oneIn(2) ? { expressionType: this.#pick(['TAG', 'TAG', 'TAG', '', 'SQL92']) } : {}),
      ...(this.#oneIn(2) ? { maxMsgBytes: 262_144 } : {}),
    });
    if (this.#oneIn(2)) extFields['bname'] = 'broker-a';
    if (this.#oneIn(15)) this.#makeOdd(extFields);
    const lite = (sysFlag & PullSysFlag.LITE_PULL_MESSAGE) !== 0;
    const command = requestCommand(lite ? RequestCode.LITE_PULL_MESSAGE : RequestCode.PULL_MESSAGE, {
      extFields,
      ...(this.#oneIn(30) ? { body: Buffer.from('nobody reads this') } : {}),
    });
    return { ...command, flag: this.#oneIn(60) ? 8 : 0, remark: this.#oneIn(30) ? 'a remark' : null };
  }

  #makeOdd(extFields: ExtFields): void {
    const key = this.#pick(Object.keys(extFields));
    if (this.#oneIn(3)) delete extFields[key];
    else extFields[key] = this.#pick(ODD_VALUES);
  }

  #offsetCommand(): RemotingCommand {
    const extFields = UpdateConsumerOffsetRequestHeader.encode({
      consumerGroup: this.#pick(PULL_GROUPS),
      topic: this.#pick(PULL_TOPICS),
      queueId: this.#random.below(QUEUES),
      commitOffset: this.#random.below(100),
    });
    return requestCommand(
      this.#oneIn(2) ? RequestCode.UPDATE_CONSUMER_OFFSET : RequestCode.QUERY_CONSUMER_OFFSET,
      { extFields },
    );
  }

  /** Something that decides about pulls becomes different. */
  #change(): RemotingCommand {
    const group = this.#pick(PULL_GROUPS);
    const topic = this.#pick(PULL_TOPICS);
    // What forbids something is rarer than what allows it again: most pulls must find something.
    switch (this.#random.below(16)) {
      case 0:
        return this.#configure('litePullMessageEnable', String(!this.#oneIn(4)));
      case 1:
        return this.#configure('maxTransferCountOnMessageInMemory', this.#pick(['32', '7', '100']));
      case 2:
        return this.#configure('brokerPermission', this.#oneIn(8) ? '2' : '6');
      case 3:
        return createTopicCommand(topic, {
          perm: this.#oneIn(6) ? 2 : 6,
          ...(topic === 'Safe' ? { attributes: '+ack.level=fsync' } : {}),
        });
      case 4:
        return requestCommand(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, {
          body: SubscriptionGroupConfig.encode({
            ...defaultSubscriptionGroupConfig(group),
            consumeEnable: !this.#oneIn(6),
            consumeBroadcastEnable: !this.#oneIn(4),
            groupSysFlag: this.#random.below(3),
          }),
        });
      case 5:
        return requestCommand(RequestCode.UPDATE_AND_GET_GROUP_FORBIDDEN, {
          extFields: UpdateGroupForbiddenRequestHeader.encode({ group, topic, readable: !this.#oneIn(6) }),
        });
      case 6:
        return requestCommand(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, {
          extFields: ResetOffsetRequestHeader.encode({ group, topic, timestamp: 0, isForce: true }),
        });
      case 7:
        return requestCommand(RequestCode.UNREGISTER_CLIENT, {
          extFields: { clientID: 'client', consumerGroup: group },
        });
      default:
        this.#subVersion += 1;
        return this.#heartbeat(group, () => this.#pick(['*', '*', 'a', 'b || c']));
    }
  }

  #configure(key: string, value: string): RemotingCommand {
    return requestCommand(RequestCode.UPDATE_BROKER_CONFIG, { body: Buffer.from(`${key}=${value}\n`) });
  }

  #heartbeat(groupName: string, expression: () => string): RemotingCommand {
    const topics = PULL_TOPICS.filter(() => !this.#oneIn(6));
    const subscriptions = topics.map((topic) => buildSubscriptionData(topic, expression(), this.#subVersion));
    if (this.#oneIn(6)) subscriptions.push(buildSubscriptionData('T1', 'a > 1', this.#subVersion, 'SQL92'));
    const consumer = {
      groupName,
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: this.#oneIn(4) ? 'BROADCASTING' : 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      unitMode: false,
      subscriptionDataSet: subscriptions,
    };
    return requestCommand(RequestCode.HEART_BEAT, {
      body: HeartbeatData.encode({
        clientID: 'client',
        producerDataSet: [],
        consumerDataSet: [consumer],
        heartbeatFingerprint: 0,
        withoutSub: false,
      }),
    });
  }

  #oneIn(count: number): boolean {
    return this.#random.below(count) === 0;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.below(choices.length)]!;
  }
}
