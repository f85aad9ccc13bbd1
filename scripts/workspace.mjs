// Makes a checkout ready: the tools installed, the native module and the TypeScript built.
// Doing it again when nothing changed costs a fraction of a second.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { delimiter, join } from 'node:path';

export const root = fileURLToPath(new URL('..', import.meta.url));

const NODE_MINIMUM = [20, 19];
const onWindows = process.platform === 'win32';

/** Something the person in front of the terminal has to do; shown without a stack. */
export class WorkspaceError extends Error {}

/** Runs a program with the terminal as its own; a failure names the program and its exit code. */
export function run(program, args, { quiet = false, env = {} } = {}) {
  const result = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    shell: onWindows,
  });
  if (result.error) throw new WorkspaceError(`${program} could not be started: ${result.error.message}`);
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    const ending = result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.status}`;
    throw new WorkspaceError(`${[program, ...args].join(' ')} ${ending}`);
  }
  return result.stdout ?? '';
}

/** A program of node_modules/.bin. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', onWindows ? `${name}.cmd` : name);
}

export function prepareWorkspace() {
  requireNode();
  installDependencies();
  build();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = NODE_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new WorkspaceError(
    `Node.js ${process.versions.node} is too old: CentaurMQ needs ${NODE_MINIMUM.join('.')} or newer.`,
  );
}

function installDependencies() {
  const stamp = join(root, 'node_modules', '.installed-lockfile');
  const wanted = fingerprint(['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.stderr.write('Installing the dependencies …\n');
  run('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--prefer-offline'], { quiet: true });
  writeFileSync(stamp, wanted);
}

function build() {
  const built = existsSync(join(root, 'packages', 'centaurmq', 'dist', 'index.js'));
  if (!built) {
    requireCargo();
    process.stderr.write(
      'Building the storage engine and the packages; the first time takes a minute or two …\n',
    );
  }
  run(tool('turbo'), ['run', 'build', '--output-logs=errors-only', '--env-mode=loose'], {
    quiet: true,
    env: {
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      // turbo asks the package manager for the workspace, which nobody need have installed.
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    },
  });
}

function requireCargo() {
  const found = spawnSync('cargo', ['--version'], { stdio: 'ignore', shell: onWindows });
  if (found.status === 0) return;
  throw new WorkspaceError(
    'cargo was not found: the storage engine is built from Rust source. Install a Rust toolchain (https://rustup.rs) and run the command again.',
  );
}

function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Runs a script's main part; what the person can mend is told in one line. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
