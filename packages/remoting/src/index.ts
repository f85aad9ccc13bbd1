export * from './environment/clock.ts';
export * from './environment/logger.ts';
export * from './environment/random.ts';
export * from './environment/transport.ts';
export * from './server/chunk-ingestor.ts';
export * from './server/request-handler.ts';
