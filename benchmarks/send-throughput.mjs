// How fast plain sends are taken: our broker beside the native bound, interleaved, each server on one core and
// the load on another. The bound is the same engine with sockets, parsing and append in one native thread.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/workspace.mjs';

/** The columns of the architecture's table. */
const WORKLOADS = [
  { name: '100 B, 4 connections pipelined', bodyBytes: 100, connections: 4, window: 256 },
  { name: '1 KiB, 4 connections pipelined', bodyBytes: 1024, connections: 4, window: 256 },
  { name: '1 KiB, 64 connections pipelined', bodyBytes: 1024, connections: 64, window: 32 },
  { name: '1 KiB, 64 with one in flight', bodyBytes: 1024, connections: 64, window: 1 },
];
const TOPIC = 'BenchmarkTest';
const READY_WITHIN_MILLIS = 20_000;

const SERVERS = {
  bound: (port, store) => [program('native-bound'), ['--port', port, '--store', store, '--topic', TOPIC]],
  centaurmq: (port, store, namesrvPort) => {
    const flags = { store, 'broker-port': port, 'namesrv-port': namesrvPort, 'broker-ip': '127.0.0.1' };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    return [process.execPath, [join(root, 'packages/centaurmq/bin/centaurmq.js'), 'start', ...args]];
  },
};

/** Runs every workload on every server in each round; `progress` hears what is under way. */
export async function measureSendThroughput({ rounds, seconds, progress }) {
  const runs = [];
  for (let round = 1; round <= rounds; round++) {
    for (const workload of WORKLOADS) {
      // The order turns around each round, so that a drift of the machine favours nobody.
      const servers = round % 2 === 1 ? ['bound', 'centaurmq'] : ['centaurmq', 'bound'];
      for (const server of servers) {
        progress(`round ${round}/${rounds} · ${workload.name} · ${server}`);
        runs.push({
          round,
          workload: workload.name,
          server,
          ...(await measureOnce(server, workload, seconds)),
        });
      }
    }
  }
  return { workloads: WORKLOADS.map(({ name }) => name), servers: Object.keys(SERVERS), runs };
}

async function measureOnce(server, workload, seconds) {
  const store = mkdtempSync(join(tmpdir(), 'centaurmq-bench-'));
  const [port, namesrvPort] = [await freePort(), await freePort()];
  const [command, args] = SERVERS[server](String(port), store, String(namesrvPort));
  const child = startPinned(0, command, args);
  try {
    await listening(port, child);
    const load = {
      address: `127.0.0.1:${port}`,
      topic: TOPIC,
      connections: workload.connections,
      window: workload.window,
      'body-bytes': workload.bodyBytes,
      'warm-up-seconds': 0.5,
      seconds,
    };
    const flags = Object.entries(load).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const [generator, generatorArgs] = pinned(1, program('load-generator'), ['send', '--json', ...flags]);
    const begun = { millis: performance.now(), cpuMillis: cpuMillisOf(child.pid) };
    const result = spawnSync(generator, generatorArgs, { encoding: 'utf8' });
    if (result.status !== 0)
      throw new Error(`the load against ${server} failed: ${result.stderr || result.stdout}`);
    const serverCpuShare = (cpuMillisOf(child.pid) - begun.cpuMillis) / (performance.now() - begun.millis);
    return { ...JSON.parse(result.stdout), serverCpuShare };
  } finally {
    await stop(child);
    rmSync(store, { recursive: true, force: true });
  }
}

/** Processor time a process has used; NaN where the system does not tell in a file. */
function cpuMillisOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

function program(name) {
  return join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'release', name);
}

const canPin =
  process.platform === 'linux' &&
  availableParallelism() > 1 &&
  spawnSync('taskset', ['--version']).status === 0;

function pinned(core, command, args) {
  return canPin ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

function startPinned(core, command, args) {
  const [pinnedCommand, pinnedArgs] = pinned(core, command, args);
  const child = spawn(pinnedCommand, pinnedArgs, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.errors = '';
  child.stderr.on('data', (text) => {
    child.errors = (child.errors + text).slice(-4000);
  });
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGKILL');
  await ended;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** Waits until the server takes connections; a server that ends instead is an error with its own words. */
async function listening(port, child) {
  const { connect } = await import('node:net');
  const until = performance.now() + READY_WITHIN_MILLIS;
  while (performance.now() < until) {
    if (child.exitCode !== null)
      throw new Error(`the server ended with exit code ${child.exitCode}: ${child.errors}`);
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error(
    `the server did not listen on port ${port} within ${READY_WITHIN_MILLIS} ms: ${child.errors}`,
  );
}
