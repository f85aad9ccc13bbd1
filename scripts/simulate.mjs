// `pnpm simulate [--seeds N] [--seed N] [--level os|fsync|both] [--planted-bugs] …`: builds, then hands over to packages/simulator.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { main, prepareWorkspace, root } from './workspace.mjs';

await main(async () => {
  prepareWorkspace();
  const args = [join(root, 'packages/simulator/dist/main.js'), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
});
