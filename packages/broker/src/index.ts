// The public door of this package.
export * from './store/message-store.ts';
