import { describe, expect, it } from 'vitest';
import { topFunctions } from '../src/measure/cpu-profiles.ts';
import { median, roundRatios } from '../src/measure/statistics.ts';
import { OptionError, readOptions } from '../src/options.ts';
import { htmlReport } from '../src/report/html.ts';
import { markdownTable, textTable } from '../src/report/table.ts';
import type { Run, WorkloadResult } from '../src/workload.ts';

function run(round: number, subject: string, rate: number, p99 = Number.NaN): Run {
  return { round, row: '1 KiB', subject, figures: { rate, p99 } };
}

const result: WorkloadResult = {
  workload: {
    name: 'send',
    title: 'Sends <all>',
    description: 'Plain sends',
    compared: { figure: 'rate', title: 'messages/s', format: 'rate' },
    higherIsBetter: true,
    details: [{ figure: 'p99', title: 'p99 µs', format: 'micros' }],
    ours: ['ours'],
  },
  rows: [{ name: '1 KiB', subjects: ['theirs', 'ours'] }],
  runs: [
    run(1, 'theirs', 100_000),
    run(1, 'ours', 50_000, 10),
    run(2, 'theirs', 20_000),
    run(2, 'ours', 40_000, 30),
    run(3, 'theirs', 40_000),
    run(3, 'ours', 60_000, 20),
  ],
  notices: ['the machine was busy'],
};

describe('figures', () => {
  it('have the median of an odd and of an even number of runs', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('are compared inside a round', () => {
    const ratios = roundRatios(
      new Map([
        [1, 10],
        [2, 30],
        [3, 5],
      ]),
      new Map([
        [1, 20],
        [2, 10],
      ]),
    );
    expect(ratios).toEqual([0.5, 3]);
  });
});

describe('reports', () => {
  const row = '| 1 KiB | theirs | 40 k | 20 k – 100 k |  | – |';
  const ours = '|  | ours | 50 k | 40 k – 60 k | 1.50 of theirs (0.50 – 2.00) | 20 |';

  it('show medians, spread, ratios and what was noticed', () => {
    const lines = markdownTable(result).split('\n');
    expect(lines).toContain(row);
    expect(lines).toContain(ours);
    expect(markdownTable(result)).toContain('the machine was busy');
    expect(textTable(result)).toContain('1.50 of theirs (0.50 – 2.00)');
  });

  it('are a page of their own, with a chart of the same figures', () => {
    const page = htmlReport({ machine: 'M', settings: 'S', date: 'D' }, [result]);
    expect(page).toContain('Sends &lt;all&gt;');
    expect(page).not.toContain('<script src');
    expect(page).toContain('<td>1.50 of theirs (0.50 – 2.00)</td>');
    const charts = /for \(const \[id, \{ data, layout \}\] of (\[.*\])\)/u.exec(page)?.[1] ?? '';
    expect(JSON.parse(charts)).toMatchObject([
      [
        'chart-0',
        {
          data: [
            { name: 'theirs', y: [40_000] },
            { name: 'ours', y: [50_000] },
          ],
        },
      ],
    ]);
  });
});

describe('a CPU profile', () => {
  it('tells which functions took the time by themselves', () => {
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
    const nodes = [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('ingest', 'file:///x/ingestor.js') },
      { id: 3, callFrame: frame('', 'file:///x/pull.js') },
    ];
    expect(topFunctions({ nodes, samples: [1, 1, 2, 3, 2, 2] })).toEqual([
      'ingest (ingestor.js:10) 75 %',
      'anonymous (pull.js:10) 25 %',
    ]);
  });
});

describe('options', () => {
  it('have defaults, shorter ones with --quick', () => {
    expect(readOptions([], ['send'])).toMatchObject({ rounds: 5, seconds: 2, quick: false, only: [] });
    expect(readOptions(['--quick'], ['send'])).toMatchObject({ rounds: 1, seconds: 1, quick: true });
    expect(readOptions(['--only', 'send', '--rounds', '3'], ['send'])).toMatchObject({
      only: ['send'],
      rounds: 3,
    });
  });

  it.each([
    [['--only', 'nothing'], '--only nothing is unknown; there is: send'],
    [['--rounds', '0'], "--rounds takes a number above 0, not '0'"],
    [['--seconds', 'x'], "--seconds takes a number above 0, not 'x'"],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuse %j', (args, message) => {
    expect(() => readOptions(args, ['send'])).toThrow(OptionError);
    expect(() => readOptions(args, ['send'])).toThrow(message);
  });
});
