import type { RunningBroker } from '@centaurmq/broker';

type Report = RunningBroker['recovery'];

/** One line on what the store found when it was opened and what it did about it. */
export function describeRecovery(report: Report): string {
  if (report['startKind'] === 'new') return 'new';
  const before =
    report['startKind'] === 'clean' ? 'stopped in order' : `not stopped in order${processText(report)}`;
  const millis = typeof report['millis'] === 'number' ? ` in ${report['millis']} ms` : '';
  const scanned = `${count(report, 'recordsScanned')} records (${count(report, 'bytesScanned')} bytes) checked${millis}`;
  return [before, scanned, cutText(report), ...rebuiltTexts(report)].join(', ');
}

function processText(report: Report): string {
  const process = report['previousProcess'];
  return typeof process === 'string' && process !== '' ? ` by process ${process}` : '';
}

function cutText(report: Report): string {
  const cut = report['cut'];
  if (typeof cut !== 'object' || cut === null) return 'nothing cut';
  const { bytes, commitLogOffset, reason }: Record<string, unknown> = { ...cut };
  return `${String(bytes)} bytes cut from offset ${String(commitLogOffset)} (${String(reason)})`;
}

function rebuiltTexts(report: Report): string[] {
  return [
    rebuilt(report, 'queueEntriesRebuilt', 'queuesRebuiltBecause', 'queue entries'),
    rebuilt(report, 'indexEntriesRebuilt', 'indexRebuiltBecause', 'index entries'),
  ].filter((text) => text !== '');
}

function rebuilt(report: Report, key: string, reasonKey: string, what: string): string {
  const reason = report[reasonKey];
  if (count(report, key) === 0) return '';
  return `${count(report, key)} ${what} rebuilt${typeof reason === 'string' ? ` (${reason})` : ''}`;
}

function count(report: Report, key: string): number {
  return Number(report[key] ?? 0);
}
