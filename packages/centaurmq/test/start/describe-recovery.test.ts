import { expect, test } from 'vitest';
import { describeRecovery } from '../../src/start/describe-recovery.ts';

const nothing = {
  previousProcess: null,
  bytesScanned: 0,
  recordsScanned: 0,
  endOffset: 0,
  cut: null,
  queueEntriesRebuilt: 0,
  queuesRebuiltBecause: null,
  indexEntriesRebuilt: 0,
  indexRebuiltBecause: null,
};

test('a new store says so', () => {
  expect(describeRecovery({ ...nothing, startKind: 'new' })).toBe('new');
});

test('a store that was stopped in order tells what it checked', () => {
  const report = { ...nothing, startKind: 'clean', recordsScanned: 3, bytesScanned: 600, millis: 2 };
  expect(describeRecovery(report)).toBe(
    'stopped in order, 3 records (600 bytes) checked in 2 ms, nothing cut',
  );
});

test('a store of a killed process tells what it cut and rebuilt, and why', () => {
  const report = {
    ...nothing,
    startKind: 'unclean',
    previousProcess: '4711',
    recordsScanned: 10,
    bytesScanned: 2000,
    cut: { commitLogOffset: 2000, bytes: 77, path: 'commitlog/00000000000000000000', reason: 'torn record' },
    queueEntriesRebuilt: 4,
    indexEntriesRebuilt: 8,
    indexRebuiltBecause: 'its file was damaged',
  };
  expect(describeRecovery(report)).toBe(
    'not stopped in order by process 4711, 10 records (2000 bytes) checked, 77 bytes cut from offset 2000 (torn record), ' +
      '4 queue entries rebuilt, 8 index entries rebuilt (its file was damaged)',
  );
});
