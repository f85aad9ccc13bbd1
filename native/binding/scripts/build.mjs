// Builds the engine for this machine. cargo and napi decide what is out of date; with nothing to do it takes a second.
// --dev: without optimisation, for quick turns while changing the engine. Other arguments go to `napi build`, as
// --target for another platform.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

export function buildEngine({ release, outputDirectory, further = [] }) {
  requireCargo();
  const cli = createRequire(import.meta.url).resolve('@napi-rs/cli');
  const args = [cli.replace(/index\.c?js$/, 'cli.js'), 'build', '--platform'];
  args.push('--js', 'binding.js', '--dts', 'index.d.ts', '--output-dir', outputDirectory);
  if (release) args.push('--release');
  args.push(...further);
  const built = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0)
    throw new Error(`napi build ended with ${built.signal ?? `exit code ${built.status}`}`);
}

function requireCargo() {
  const found = spawnSync('cargo', ['--version'], { stdio: 'ignore', shell: process.platform === 'win32' });
  if (found.status === 0) return;
  process.stderr.write(
    'cargo was not found: the storage engine is built from Rust source. Install a Rust toolchain (https://rustup.rs) and run the command again.\n',
  );
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const further = process.argv.slice(2).filter((argument) => argument !== '--dev');
  buildEngine({ release: !process.argv.includes('--dev'), outputDirectory: '.', further });
}
