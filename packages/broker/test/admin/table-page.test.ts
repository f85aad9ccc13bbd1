import { describe, expect, it } from 'vitest';
import { decidePage } from '../../src/admin/table-page.ts';

const version = { counter: 3, stateVersion: 0, timestamp: 5 };
const versionText = JSON.stringify(version);

function table(count: number): Map<string, number> {
  return new Map(Array.from({ length: count }, (_, index) => [`t${String(index).padStart(5, '0')}`, index]));
}

describe('decidePage', () => {
  it.each([
    ['nothing is asked', {}, 5],
    ['no count is asked', { startIndex: 2 }, 5],
    ['a page in the middle', { startIndex: 1, countMax: 2, dataVersion: versionText }, 2],
    ['the last page', { startIndex: 4, countMax: 2, dataVersion: versionText }, 1],
    ['one would be left behind', { startIndex: 2, countMax: 2, dataVersion: versionText }, 3],
    ['beyond the end', { startIndex: 9, countMax: 2, dataVersion: versionText }, 0],
    ['a negative start', { startIndex: -9, countMax: 2, dataVersion: versionText }, 2],
    ['a negative count', { startIndex: 0, countMax: -2, dataVersion: versionText }, 0],
    ['a version that is no version', { startIndex: 3, countMax: 2, dataVersion: '{' }, 2],
  ])('%s', (_, asked, count) => {
    const request = { startIndex: undefined, countMax: undefined, dataVersion: undefined, ...asked };
    expect(decidePage(table(5), version, request)).toHaveLength(count);
  });

  it('gives all 2001 topics to a tool that asks for 2000', () => {
    const page = decidePage(table(2001), version, { startIndex: 0, countMax: 2000, dataVersion: undefined });
    expect(page).toHaveLength(2001);
  });

  it('cuts at 2000 whatever is asked', () => {
    const page = decidePage(table(3000), version, { startIndex: 0, countMax: 2999, dataVersion: undefined });
    expect(page).toHaveLength(2000);
  });
});
