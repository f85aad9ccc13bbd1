// What a worker thread of a campaign runs.
import { type SeedOutcome, type SeedTask, runTask } from './seed-task.ts';

export default (task: SeedTask): Promise<SeedOutcome> => runTask(task);
