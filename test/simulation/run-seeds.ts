import { explainRun, runSeed } from '@centaurmq/simulator';

/** `CENTAURMQ_SIMULATION_SEEDS=1000 CENTAURMQ_SEED=5000 …` runs others. */
const seedCount = Number(process.env['CENTAURMQ_SIMULATION_SEEDS'] ?? 100);
const firstSeed = Number(process.env['CENTAURMQ_SEED'] ?? 1);

/** Runs seeds one after another; answers the reports of those that broke a promise. */
export async function runSeeds(level: 'os' | 'fsync'): Promise<string[]> {
  const began = performance.now();
  const broken: string[] = [];
  let virtualMillis = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed++) {
    const report = await runSeed({ seed, level });
    virtualMillis += report.virtualMillis;
    if (report.violations.length > 0) broken.push(await explainRun({ seed, level }, report, null));
  }
  const rate = virtualMillis / (performance.now() - began);
  console.log(
    `seeds ${firstSeed} to ${firstSeed + seedCount - 1} at ${level}: ${rate.toFixed(0)} simulated seconds per second`,
  );
  return broken;
}
