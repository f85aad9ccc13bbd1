// `npm start -- [options]`: makes the checkout ready and becomes `centaurmq start [options]`.
import { main, prepareWorkspace } from './workspace.mjs';

await main(async () => {
  prepareWorkspace();
  process.argv.splice(2, 0, 'start');
  await import('../packages/centaurmq/bin/centaurmq.js');
});
