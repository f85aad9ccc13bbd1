import {
  type BrokerConfig,
  type BrokerConfigKey,
  brokerConfigKeys,
  unsupportedConfigKeys,
} from './broker-config-keys.ts';
import { ConfigError } from './config-key.ts';

export type { BrokerConfig, BrokerConfigKey } from './broker-config-keys.ts';

type MutableBrokerConfig = { -readonly [Key in BrokerConfigKey]: BrokerConfig[Key] };

/** What the machine says where the configuration is silent. */
export interface MachineFacts {
  readonly hostName: string;
  /** The first address that is not loopback, else 127.0.0.1. */
  readonly address: string;
  readonly storePathRootDir: string;
  /** I/O threads that pay here. Absent: none. */
  readonly serverSelectorThreads?: number;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a literal are exactly its type's
const keyNames = Object.keys(brokerConfigKeys) as BrokerConfigKey[];

function keyNamed(name: string): BrokerConfigKey | undefined {
  return keyNames.find((key) => key === name);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the value's type to the key's
function assignChecked<Key extends BrokerConfigKey>(
  target: Partial<MutableBrokerConfig>,
  key: Key,
  value: unknown,
): void {
  target[key] = brokerConfigKeys[key].check(value, key);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the value's type to the key's
function assignDefault<Key extends BrokerConfigKey>(target: Partial<MutableBrokerConfig>, key: Key): void {
  target[key] = brokerConfigKeys[key].defaultValue;
}

/**
 * Checks what is given and fills in the rest.
 * @throws ConfigError for a value that its key does not accept, or a key that does not exist
 */
export function resolveBrokerConfig(given: Partial<BrokerConfig>, machine: MachineFacts): BrokerConfig {
  const resolved: Partial<MutableBrokerConfig> = {};
  for (const name of keyNames) assignDefault(resolved, name);
  for (const [name, value] of Object.entries(given)) {
    const key = keyNamed(name);
    if (key === undefined) throw new ConfigError(name, value, 'one of the documented keys');
    if (value !== undefined) assignChecked(resolved, key, value);
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every key was assigned above
  const config = resolved as MutableBrokerConfig;
  if (config.brokerName === '') config.brokerName = brokerNameFrom(machine.hostName);
  if (config.brokerIP1 === '') config.brokerIP1 = machine.address;
  if (given.serverSelectorThreads === undefined)
    config.serverSelectorThreads = machine.serverSelectorThreads ?? 0;
  if (config.storePathRootDir === '') config.storePathRootDir = machine.storePathRootDir;
  return config;
}

/** A host name has dots, a topic name may not: and the broker's name is a topic. */
function brokerNameFrom(hostName: string): string {
  const cleaned = hostName.replaceAll(/[^%|a-zA-Z0-9_-]/g, '-').slice(0, 127);
  return cleaned === '' ? 'DEFAULT_BROKER' : cleaned;
}

export interface ParsedBrokerConfig {
  readonly config: Partial<BrokerConfig>;
  /** Keys that mean nothing here: ignored, as Apache does, but worth a warning. */
  readonly ignored: readonly string[];
}

/**
 * Reads the entries of an Apache broker.conf.
 * @throws ConfigError for a value that its key does not accept, and for one that promises what is not there: a replica,
 * access control
 */
export function parseBrokerConfig(entries: Iterable<readonly [string, string]>): ParsedBrokerConfig {
  const config: Partial<MutableBrokerConfig> = {};
  const ignored: string[] = [];
  for (const [name, value] of entries) {
    const key = keyNamed(name);
    if (key === undefined) {
      if (!isAllowedUnsupported(name, value.trim())) ignored.push(name);
    } else assignChecked(config, key, brokerConfigKeys[key].parse(value.trim(), key));
  }
  return { config, ignored };
}

/** @throws ConfigError for what would be dangerous to ignore */
function isAllowedUnsupported(name: string, value: string): boolean {
  if (!Object.hasOwn(unsupportedConfigKeys, name)) return false;
  const key = unsupportedConfigKeys[name];
  if (key === undefined || value.toLowerCase() === key.allowed.toLowerCase()) return true;
  throw new ConfigError(name, value, `${key.allowed}, because ${key.missing}`);
}

/** The keys and values as request 26 and broker.conf have them, in the order of the options table. */
export function brokerConfigEntries(config: BrokerConfig): (readonly [string, string])[] {
  return keyNames.map((name) => [name, String(config[name])]);
}

/**
 * Changes values in place, all or none, and answers the names of the changed keys.
 * @throws ConfigError when a value is not accepted or its key takes a restart
 */
export function updateBrokerConfig(
  config: BrokerConfig,
  entries: Iterable<readonly [string, string]>,
): { readonly changed: readonly BrokerConfigKey[]; readonly ignored: readonly string[] } {
  const parsed = parseBrokerConfig(entries);
  const changed = keyNames.filter(
    (name) => parsed.config[name] !== undefined && parsed.config[name] !== config[name],
  );
  const fixed = changed.find((name) => !brokerConfigKeys[name].updatable);
  if (fixed !== undefined)
    throw new ConfigError(
      fixed,
      parsed.config[fixed],
      `${String(config[fixed])}, because it takes a restart to change it`,
    );
  // The one place that writes: everybody else has the read-only view.
  Object.assign(config, Object.fromEntries(changed.map((name) => [name, parsed.config[name]])));
  return { changed, ignored: parsed.ignored };
}
