export * from './apache-cluster.ts';
export * from './classpath.ts';
export * from './free-ports.ts';
export * from './java-clients.ts';
export * from './java-process.ts';
export * from './mqadmin.ts';
export * from './raw-request.ts';
export * from './store-archive.ts';
