#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/index.js', import.meta.url);
if (existsSync(main)) {
  const { runAdminCommandLine } = await import(main.href);
  process.exitCode = await runAdminCommandLine(process.argv.slice(2));
} else {
  process.stderr.write('centaurmq-admin is not built: run `pnpm build` in the checkout.\n');
  process.exitCode = 1;
}
