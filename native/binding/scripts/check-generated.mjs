// Fails when the committed loader or types are not what the Rust source generates.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildEngine } from './build.mjs';

const folder = mkdtempSync(join(tmpdir(), 'centaurmq-generated-'));
try {
  buildEngine({ release: true, outputDirectory: folder });
  for (const name of ['binding.js', 'index.d.ts']) {
    const generated = readFileSync(join(folder, name), 'utf8');
    const committed = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
    if (generated !== committed) {
      process.stderr.write(
        `native/binding/${name} is not what the Rust source generates: run pnpm --filter @centaurmq/native build and commit it.\n`,
      );
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
