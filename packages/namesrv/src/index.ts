export { namesrvConfigDefaults } from './config/namesrv-config.ts';
export type { NamesrvConfig } from './config/namesrv-config.ts';
export { writeFileAtomically } from './config/write-file-atomically.ts';
export { kvConfigFile } from './kvconfig/kv-config-file.ts';
export { memoryKvConfigStore } from './kvconfig/kv-config-store.ts';
export type { KvConfigStore, KvConfigTable } from './kvconfig/kv-config-store.ts';
export { NameServer } from './name-server.ts';
export type { NameServerOptions } from './name-server.ts';
