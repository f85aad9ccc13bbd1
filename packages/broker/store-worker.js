// Runs one blocking function of the storage engine in a pool thread. The store is a process-global number and its
// segments are mapped memory, so a task carries positions, not bytes. Plain JavaScript: worker threads load it
// as it is, from sources and from the published package alike.
import { createRequire } from 'node:module';

const native = createRequire(import.meta.url)('@centaurmq/native');

export default function runStoreTask({ name, args }) {
  const task = native[name];
  if (typeof task !== 'function') {
    throw new TypeError(
      `The storage engine has no function '${name}': its binary is older than this package; rebuild it.`,
    );
  }
  return task(...args);
}
