import { type NativeModule, loadNativeModule } from '../../src/store/native-module.ts';
import { HotHead, IngestHead } from '../../src/store/native-status.ts';

/** The engine, counting what its hot path does. */
export interface CountingEngine {
  readonly native: NativeModule;
  /** Records appended by the hot path. */
  appendedCount: number;
  /** Pulls answered by the hot path. */
  answeredCount: number;
}

export function countingEngine(): CountingEngine {
  const native = loadNativeModule();
  const { HotSockets } = native;
  class CountingHotSockets extends HotSockets {
    override step(...given: Parameters<InstanceType<typeof HotSockets>['step']>): number {
      const step = super.step(...given);
      const [, , , , head] = given;
      engine.appendedCount += head[HotHead.APPENDED_RECORDS]!;
      engine.answeredCount += head[HotHead.ANSWERED_PULL_COUNT]!;
      return step;
    }
  }
  const engine: CountingEngine = {
    appendedCount: 0,
    answeredCount: 0,
    native: {
      ...native,
      HotSockets: CountingHotSockets,
      ingest(...given) {
        const violation = native.ingest(...given);
        const [, , , , , , head] = given;
        engine.appendedCount += head[IngestHead.APPENDED_RECORDS]!;
        engine.answeredCount += head[IngestHead.ANSWERED_PULL_COUNT]!;
        return violation;
      },
    },
  };
  return engine;
}
