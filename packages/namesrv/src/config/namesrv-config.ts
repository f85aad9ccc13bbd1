/** Apache RocketMQ's NamesrvConfig, as far as it has a meaning here; names and defaults are its own. */
export interface NamesrvConfig {
  /** Put `orderTopicConf` into routes. */
  orderMessageEnable: boolean;
  /** Answer registrations with the order topics. */
  returnOrderTopicConfigToBroker: boolean;
  /** How often brokers are looked at, milliseconds. */
  scanNotActiveBrokerInterval: number;
  /** Show the smallest slave of a group without master as its master. */
  supportActingMaster: boolean;
  /** Answer GET_ALL_TOPIC_LIST_FROM_NAMESERVER. */
  enableAllTopicList: boolean;
  /** Answer the other topic lists. */
  enableTopicList: boolean;
  /** Tell brokers when the smallest id of their group changes. */
  notifyMinBrokerIdChanged: boolean;
  /** Answer no route within `waitSecondsForService` after the start. */
  needWaitForService: boolean;
  waitSecondsForService: number;
  /** A topic that is missing in a registration is deleted from that broker's routes. */
  deleteTopicWithBrokerRegistration: boolean;
  /** Keys, joined with ';', that UPDATE_NAMESRV_CONFIG must not change. */
  configBlackList: string;
}

export const namesrvConfigDefaults: Readonly<NamesrvConfig> = {
  orderMessageEnable: false,
  returnOrderTopicConfigToBroker: true,
  scanNotActiveBrokerInterval: 5_000,
  supportActingMaster: false,
  enableAllTopicList: true,
  enableTopicList: true,
  notifyMinBrokerIdChanged: false,
  needWaitForService: false,
  waitSecondsForService: 45,
  deleteTopicWithBrokerRegistration: false,
  configBlackList: 'configBlackList;configStorePath;kvConfigPath',
};

/** `key=value` lines, sorted by key. */
export function namesrvConfigText(
  config: Readonly<NamesrvConfig>,
  more: Readonly<Record<string, string | number>> = {},
): string {
  const lines = Object.entries({ ...config, ...more }).map(([key, value]) => `${key}=${value}`);
  return `${lines.toSorted().join('\n')}\n`;
}

export type ConfigChangeDecision =
  | { readonly kind: 'apply'; readonly change: Partial<NamesrvConfig> }
  | { readonly kind: 'forbidden'; readonly key: string }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Decides about an UPDATE_NAMESRV_CONFIG. Unknown keys are ignored, as RocketMQ does. */
export function decideConfigChange(
  current: Readonly<NamesrvConfig>,
  properties: ReadonlyMap<string, string>,
): ConfigChangeDecision {
  const blackList = new Set(current.configBlackList.split(';').map((key) => key.trim()));
  for (const key of properties.keys()) {
    if (blackList.has(key)) return { kind: 'forbidden', key };
  }
  const change: Record<string, boolean | number | string> = {};
  for (const [key, before] of Object.entries(namesrvConfigDefaults)) {
    const text = properties.get(key);
    if (text === undefined) continue;
    const value = valueLike(before, text.trim());
    if (value === null) return { kind: 'invalid', reason: `${key}=${text} is not a ${typeof before}` };
    change[key] = value;
  }
  return { kind: 'apply', change };
}

function valueLike(example: unknown, text: string): boolean | number | string | null {
  if (typeof example === 'boolean')
    return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : null;
  if (typeof example === 'number') return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
  return text;
}
