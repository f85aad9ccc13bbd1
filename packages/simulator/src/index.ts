// The public door of this package.
export type { DiskConditions } from './disk/simulated-tasks.ts';
export type { Host } from './network/host.ts';
export type { NetworkConditions } from './network/network-conditions.ts';
export type { SimulatedNetwork } from './network/simulated-network.ts';
export { SimulationError, simulate } from './world/simulate.ts';
export type { SimulatedBroker } from './world/simulated-broker.ts';
export type { SimulatedNameServer } from './world/simulated-name-server.ts';
export type { SimulatedProcess } from './world/simulated-process.ts';
export type { World, WorldOptions } from './world/world.ts';
export { type RunOptions, type RunReport, runSeed } from './run/run-seed.ts';
export { type BugHunt, findPlantedBugs, medianSeeds } from './bugs/find-planted-bugs.ts';
export { plantedBugs } from './bugs/planted-bugs.ts';
export { checkRun } from './check/all-checks.ts';
export type { Check, Violation } from './check/violation.ts';
export { explainRun } from './report/explain-run.ts';
export { shrinkFaults } from './shrink/shrink-faults.ts';
