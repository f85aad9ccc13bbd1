// `pnpm bench [--quick] [--only NAME] [--rounds N] [--seconds S]`: the benchmarks, with every setting printed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, prepareWorkspace, root, run, WorkspaceError } from './workspace.mjs';

const BENCHMARKS = { 'send-throughput': benchmarkSendThroughput, 'protocol-codec': benchmarkProtocolCodec };

await main(async () => {
  const options = readOptions();
  prepareWorkspace();
  run('cargo', ['build', '--release', '--quiet', '-p', 'native-bound', '-p', 'load-generator']);
  const machine = describeMachine();
  process.stdout.write(`${machine}\n${JSON.stringify(options)}\n`);
  for (const name of options.only ? [options.only] : Object.keys(BENCHMARKS)) {
    process.stdout.write(`\n${name}\n`);
    const result = await BENCHMARKS[name](options);
    keep(name, { machine, options, ...result });
  }
});

function describeMachine() {
  const facts = [
    cpus()[0]?.model.trim(),
    `${cpus().length} cores`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Node.js ${process.versions.node}`,
    process.platform,
    `load ${loadavg()[0].toFixed(1)}`,
  ];
  // The loopback device is subject to it, too: bbr paces what cubic lets through.
  const congestionControl = '/proc/sys/net/ipv4/tcp_congestion_control';
  if (existsSync(congestionControl)) facts.push(`TCP ${readFileSync(congestionControl, 'utf8').trim()}`);
  return facts.join(', ');
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  if (values.only !== undefined && !(values.only in BENCHMARKS)) {
    throw new WorkspaceError(
      `--only ${values.only} is unknown; there is: ${Object.keys(BENCHMARKS).join(', ')}`,
    );
  }
  return {
    only: values.only,
    rounds: positive('--rounds', values.rounds ?? (values.quick ? '1' : '5')),
    seconds: positive('--seconds', values.seconds ?? (values.quick ? '1' : '3')),
  };
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) throw new WorkspaceError(`${name} takes a number above 0, not '${text}'`);
  return value;
}

async function benchmarkSendThroughput({ rounds, seconds }) {
  const { measureSendThroughput } = await import('../benchmarks/send-throughput.mjs');
  const { throughputTable } = await import('../benchmarks/report.mjs');
  const result = await measureSendThroughput({ rounds, seconds, progress });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(`${throughputTable(result, 'bound')}\n`);
  return result;
}

async function benchmarkProtocolCodec({ seconds }) {
  const { measureProtocolCodec } = await import('../benchmarks/protocol-codec.mjs');
  const { codecTable } = await import('../benchmarks/report.mjs');
  const result = await measureProtocolCodec({ seconds, progress });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  process.stdout.write(`${codecTable(result)}\n`);
  return result;
}

function progress(text) {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

function keep(name, result) {
  const folder = join(root, 'benchmarks', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}-${new Date().toISOString().replaceAll(':', '')}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  process.stdout.write(`kept in ${file.slice(root.length)}\n`);
}
