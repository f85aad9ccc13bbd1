// The public door of this package.
export * from './broker.ts';
export * from './config/broker-config.ts';
export { brokerConfigKeys } from './config/broker-config-keys.ts';
export { parseProperties, writeProperties } from './config/broker-properties.ts';
export { ConfigError } from './config/config-key.ts';
export * from './migration/apache-config.ts';
export * from './store/message-store.ts';
export { openStore } from './store/open-store.ts';
export type { OpenStore, RecoveryReport, StoreLocation } from './store/open-store.ts';
