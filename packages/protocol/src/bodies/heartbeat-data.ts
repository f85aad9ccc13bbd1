import { type Body, defineBody } from './define-body.ts';
import { SubscriptionData } from './subscription-data.ts';

export const ConsumeType = {
  CONSUME_ACTIVELY: 'CONSUME_ACTIVELY',
  CONSUME_PASSIVELY: 'CONSUME_PASSIVELY',
  CONSUME_POP: 'CONSUME_POP',
} as const;
export const MessageModel = { BROADCASTING: 'BROADCASTING', CLUSTERING: 'CLUSTERING' } as const;
export const ConsumeFromWhere = {
  CONSUME_FROM_LAST_OFFSET: 'CONSUME_FROM_LAST_OFFSET',
  CONSUME_FROM_FIRST_OFFSET: 'CONSUME_FROM_FIRST_OFFSET',
  CONSUME_FROM_TIMESTAMP: 'CONSUME_FROM_TIMESTAMP',
} as const;

/** By Java's ordinals. */
const consumeTypes: readonly string[] = Object.keys(ConsumeType);
const messageModels: readonly string[] = Object.keys(MessageModel);
const consumeFromWheres: readonly string[] = [
  ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET,
  'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST',
  'CONSUME_FROM_MIN_OFFSET',
  'CONSUME_FROM_MAX_OFFSET',
  ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET,
  ConsumeFromWhere.CONSUME_FROM_TIMESTAMP,
];

export interface ConsumerData {
  readonly groupName: string;
  /** One of {@link ConsumeType}, or what an unknown client says. */
  readonly consumeType: string;
  /** One of {@link MessageModel}. */
  readonly messageModel: string;
  /** One of {@link ConsumeFromWhere}, or one of Java's deprecated three. */
  readonly consumeFromWhere: string;
  readonly subscriptionDataSet: readonly SubscriptionData[];
  readonly unitMode: boolean;
}
export const ConsumerData: Body<ConsumerData> = defineBody('ConsumerData', (json) => ({
  groupName: json.textOf('groupName'),
  consumeType: json.constantOf('consumeType', consumeTypes, ConsumeType.CONSUME_PASSIVELY),
  messageModel: json.constantOf('messageModel', messageModels, MessageModel.CLUSTERING),
  consumeFromWhere: json.constantOf(
    'consumeFromWhere',
    consumeFromWheres,
    ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET,
  ),
  subscriptionDataSet: json.listOf('subscriptionDataSet', SubscriptionData.read),
  unitMode: json.booleanOf('unitMode'),
}));

export interface ProducerData {
  readonly groupName: string;
}

/** What a client tells a broker about itself every 30 seconds. */
export interface HeartbeatData {
  readonly clientID: string;
  readonly producerDataSet: readonly ProducerData[];
  readonly consumerDataSet: readonly ConsumerData[];
  /** 0, or a hash of the subscriptions for the second version of the heartbeat. */
  readonly heartbeatFingerprint: number;
  /** Subscriptions are left out: the fingerprint stands for them. */
  readonly withoutSub: boolean;
}
export const HeartbeatData: Body<HeartbeatData> = defineBody('HeartbeatData', (json) => ({
  clientID: json.textOf('clientID'),
  producerDataSet: json.listOf('producerDataSet', (producer) => ({
    groupName: producer.textOf('groupName'),
  })),
  consumerDataSet: json.listOf('consumerDataSet', ConsumerData.read),
  heartbeatFingerprint: json.numberOf('heartbeatFingerprint'),
  withoutSub: json.booleanOf('withoutSub'),
}));

/** Body of CHECK_CLIENT_CONFIG. */
export interface CheckClientRequestBody {
  readonly clientId: string;
  readonly group: string;
  readonly subscriptionData: SubscriptionData;
  readonly namespace?: string | undefined;
}
export const CheckClientRequestBody: Body<CheckClientRequestBody> = defineBody(
  'CheckClientRequestBody',
  (json) => ({
    clientId: json.textOf('clientId'),
    group: json.textOf('group'),
    subscriptionData: SubscriptionData.read(json.member('subscriptionData')),
    namespace: json.optionalTextOf('namespace'),
  }),
);
