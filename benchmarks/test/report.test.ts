import { describe, expect, it } from 'vitest';
import { topFunctions } from '../src/measure/cpu-profiles.ts';
import { measureInRounds } from '../src/measure/rounds.ts';
import { median, roundRatios } from '../src/measure/statistics.ts';
import { OptionError, readOptions } from '../src/options.ts';
import { htmlReport } from '../src/report/html.ts';
import { markdownTable, textTable } from '../src/report/table.ts';
import type { Run, WorkloadResult } from '../src/workload.ts';
import { otherBrokers } from '../src/workloads/other-brokers.ts';

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

  it('have a line for a system that is not on this machine', () => {
    const row = { name: '1 KiB', subjects: ['ours'], absent: { theirs: 'install it' } };
    const lines = markdownTable({ ...result, rows: [row] }).split('\n');
    expect(lines.at(-2)).toBe('|  | theirs | not on this machine |  |  |  |');
    expect(htmlReport({ machine: 'M', settings: 'S', date: 'D' }, [{ ...result, rows: [row] }])).toContain(
      '<td>theirs</td><td>not on this machine</td><td></td>',
    );
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

describe('rows', () => {
  const options = {
    quick: true,
    seconds: 1,
    seed: 1,
    cpuProfile: false,
    natsServer: '/nowhere/nats-server',
    redisServer: '/nowhere/redis-server',
    notice: () => undefined,
  };

  it('say of other systems how to get them, and are measured without them', async () => {
    const rows = otherBrokers.rows(options);
    expect(rows.map(({ subjects }) => subjects)).toEqual([['CentaurMQ'], ['CentaurMQ'], ['CentaurMQ']]);
    const session = { measure: async () => ({ perSecond: 1 }), [Symbol.asyncDispose]: async () => undefined };
    const workload = { ...otherBrokers, open: async () => session };
    const { notices } = await measureInRounds(workload, { ...options, rounds: 1, progress: () => undefined });
    expect(notices).toEqual([
      '/nowhere/nats-server is not on this machine: install it (`go install github.com/nats-io/nats-server/v2@latest`), or give its path with --nats-server',
      "/nowhere/redis-server is not on this machine: install it (the system's package redis-server), or give its path with --redis-server",
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
    expect(readOptions([], ['send'])).toMatchObject({ rounds: 5, seconds: 1, quick: false, only: [] });
    expect(readOptions(['--quick'], ['send'])).toMatchObject({ rounds: 1, seconds: 1, quick: true });
    expect(readOptions(['--nats-server', '/x/nats-server'], ['send'])).toMatchObject({
      natsServer: '/x/nats-server',
      redisServer: 'redis-server',
    });
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
