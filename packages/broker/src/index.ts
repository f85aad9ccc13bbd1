// The public door of this package.
export * from './config/broker-config.ts';
export { ConfigError } from './config/config-key.ts';
export * from './store/message-store.ts';
