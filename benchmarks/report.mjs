// Figures as people compare them: medians, their spread, and ratios taken round by round.
import Table from 'cli-table3';

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One row per workload and server; the ratio compares runs of the same round with the reference. */
export function throughputTable({ workloads, servers, runs }, reference) {
  const table = new Table({
    head: [
      'workload',
      'server',
      'sends/s (median)',
      'lowest – highest',
      `of ${reference}`,
      'spread',
      'p99 µs',
      'server CPU',
      'generator CPU',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const workload of workloads) {
    for (const server of servers) {
      const own = runs.filter((run) => run.workload === workload && run.server === server);
      const rates = own.map((run) => run.sendsPerSecond);
      const ratios = own.map((run) => run.sendsPerSecond / rateOf(runs, run.round, workload, reference));
      table.push([
        workload,
        server,
        thousands(median(rates)),
        `${thousands(Math.min(...rates))} – ${thousands(Math.max(...rates))}`,
        median(ratios).toFixed(2),
        `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`,
        median(own.map((run) => run.latencyMicros.p99)).toFixed(0),
        percent(median(own.map((run) => run.serverCpuShare))),
        percent(median(own.map((run) => run.generatorCpuShare))),
      ]);
    }
  }
  return table.toString();
}

/** One row per operation. */
export function codecTable({ rows }) {
  const table = new Table({
    head: ['operation', 'bytes', 'operations/s (median)', 'MB/s'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { name, bytes, operationsPerSecond } of rows) {
    table.push([name, bytes, operationsPerSecond, ((bytes * operationsPerSecond) / 1e6).toFixed(0)]);
  }
  return table.toString();
}

/** A server far below 100 % was not the limit: the machine was busy, or its sockets were slow. */
function percent(share) {
  return Number.isNaN(share) ? '?' : `${(share * 100).toFixed(0)} %`;
}

function rateOf(runs, round, workload, server) {
  return runs.find((run) => run.round === round && run.workload === workload && run.server === server)
    .sendsPerSecond;
}

function thousands(rate) {
  return `${(rate / 1000).toFixed(0)} k`;
}
