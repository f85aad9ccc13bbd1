import type { RecordedRun } from '../history/history.ts';
import { acknowledgedIsConsumed } from './acknowledged-is-consumed.ts';
import { acknowledgedIsStored } from './acknowledged-is-stored.ts';
import { brokersComeBack } from './brokers-come-back.ts';
import { groupsAreDrained } from './groups-are-drained.ts';
import { nothingInvented } from './nothing-invented.ts';
import { offsetsOnlyGrow } from './offsets-only-grow.ts';
import { orderInQueues } from './order-in-queues.ts';
import { routesConverge } from './routes-converge.ts';
import { staysAsDelivered } from './stays-as-delivered.ts';
import type { Check, Violation } from './violation.ts';

const checks: readonly Check[] = [
  acknowledgedIsStored,
  acknowledgedIsConsumed,
  staysAsDelivered,
  nothingInvented,
  orderInQueues,
  offsetsOnlyGrow,
  groupsAreDrained,
  routesConverge,
  brokersComeBack,
];

export function checkRun(run: RecordedRun): Violation[] {
  return checks.flatMap((check) => check(run));
}
