// The door for simulation: what a broker needs to run on virtual time and on a disk with faults.
export { inlineBlockingTasks } from './store/blocking-tasks.ts';
export type { BlockingFunction, BlockingTasks } from './store/blocking-tasks.ts';
export { loadNativeModule } from './store/native-module.ts';
export type { NativeModule } from './store/native-module.ts';
export { SimulatedDisk } from './store/simulated-disk.ts';
export { AppendHead, AppendStatus, IngestHead, ReadHead, ReadStatus } from './store/native-status.ts';
export { withoutHotPath } from './store/without-hot-path.ts';
