import { Perm } from '../topic/perm.ts';
import { DataVersion } from './data-version.ts';
import { type Body, defineBody } from './define-body.ts';

export type TopicFilterType = 'SINGLE_TAG' | 'MULTI_TAG';

export interface TopicConfig {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  /** Bits of {@link Perm}. */
  readonly perm: number;
  readonly topicFilterType: TopicFilterType;
  readonly topicSysFlag: number;
  readonly order: boolean;
  /** Such as `message.type`, without the `+` of the request that set them. */
  readonly attributes: ReadonlyMap<string, string>;
}
export const TopicConfig: Body<TopicConfig> = defineBody('TopicConfig', (json) => ({
  topicName: json.textOf('topicName'),
  readQueueNums: json.numberOf('readQueueNums', 16),
  writeQueueNums: json.numberOf('writeQueueNums', 16),
  perm: json.numberOf('perm', Perm.READ | Perm.WRITE),
  topicFilterType: topicFilterType(json.textOf('topicFilterType')),
  topicSysFlag: json.numberOf('topicSysFlag'),
  order: json.booleanOf('order'),
  attributes: json.tableOf('attributes', (value) => value.text()),
}));

/** Any text but `MULTI_TAG` is `SINGLE_TAG`. */
export function topicFilterType(text: string): TopicFilterType {
  return text === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG';
}

/** How a static topic's queues are spread over brokers (static topics are not implemented: carried, not used). */
export interface TopicQueueMappingInfo {
  readonly bname: string;
  readonly currIdMap: ReadonlyMap<string, number>;
  readonly dirty: boolean;
  readonly epoch: number;
  readonly scope: string;
  readonly topic: string;
  readonly totalQueues: number;
}
export const TopicQueueMappingInfo: Body<TopicQueueMappingInfo> = defineBody(
  'TopicQueueMappingInfo',
  (json) => ({
    bname: json.textOf('bname'),
    currIdMap: json.tableOf('currIdMap', (value) => value.number()),
    dirty: json.booleanOf('dirty'),
    epoch: json.numberOf('epoch'),
    scope: json.textOf('scope', '__global__'),
    topic: json.textOf('topic'),
    totalQueues: json.numberOf('totalQueues'),
  }),
);

/** All topics of a broker: what it registers, and what GET_ALL_TOPIC_CONFIG answers. */
export interface TopicConfigAndMappingSerializeWrapper {
  readonly dataVersion: DataVersion;
  readonly mappingDataVersion: DataVersion;
  readonly topicConfigTable: ReadonlyMap<string, TopicConfig>;
  /** Always empty: static topics are not implemented. Java wants the member. */
  readonly topicQueueMappingDetailMap: ReadonlyMap<string, never>;
  readonly topicQueueMappingInfoMap: ReadonlyMap<string, TopicQueueMappingInfo>;
}

const ABSENT_VERSION: DataVersion = { counter: 0, stateVersion: 0, timestamp: 0 };

export const TopicConfigAndMappingSerializeWrapper: Body<TopicConfigAndMappingSerializeWrapper> = defineBody(
  'TopicConfigAndMappingSerializeWrapper',
  (json) => ({
    dataVersion: json.optionalOf('dataVersion', DataVersion.read) ?? ABSENT_VERSION,
    mappingDataVersion: json.optionalOf('mappingDataVersion', DataVersion.read) ?? ABSENT_VERSION,
    topicConfigTable: json.tableOf('topicConfigTable', TopicConfig.read),
    topicQueueMappingDetailMap: new Map<string, never>(),
    topicQueueMappingInfoMap: json.tableOf('topicQueueMappingInfoMap', TopicQueueMappingInfo.read),
  }),
);

/** The wrapper around a table without static topics. */
export function wrapTopicConfigs(
  topicConfigTable: ReadonlyMap<string, TopicConfig>,
  dataVersion: DataVersion,
): TopicConfigAndMappingSerializeWrapper {
  return {
    dataVersion,
    mappingDataVersion: dataVersion,
    topicConfigTable,
    topicQueueMappingDetailMap: new Map<string, never>(),
    topicQueueMappingInfoMap: new Map(),
  };
}

/** Body of UPDATE_AND_CREATE_TOPIC_LIST. */
export interface CreateTopicListRequestBody {
  readonly topicConfigList: readonly TopicConfig[];
}
export const CreateTopicListRequestBody: Body<CreateTopicListRequestBody> = defineBody(
  'CreateTopicListRequestBody',
  (json) => ({ topicConfigList: json.listOf('topicConfigList', TopicConfig.read) }),
);

export interface TopicList {
  readonly topicList: readonly string[];
  /** A live broker, in the answer of GET_SYSTEM_TOPIC_LIST_FROM_NS. */
  readonly brokerAddr?: string | undefined;
}
export const TopicList: Body<TopicList> = defineBody('TopicList', (json) => ({
  topicList: json.textsOf('topicList'),
  brokerAddr: json.optionalTextOf('brokerAddr'),
}));
