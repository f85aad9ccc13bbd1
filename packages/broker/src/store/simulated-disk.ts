import { type NativeModule, loadNativeModule } from './native-module.ts';

/**
 * A disk in memory that forgets at a power loss what was not synced, and has faults. A broker whose location it is leaves its
 * store there; {@link SimulatedDisk.afterPowerLoss} and {@link SimulatedDisk.afterProcessDeath} give the disk of its next life.
 */
export class SimulatedDisk {
  readonly number: number;
  readonly #native: NativeModule;

  constructor(native: NativeModule = loadNativeModule(), number?: number) {
    this.#native = native;
    this.number = number ?? numberOf(native.simulatedDisk('{"task":"create"}'));
  }

  /** What was synced is there; of the rest, sectors and names as the seed (a whole number below 2^53) decides. */
  afterPowerLoss(seed: number): SimulatedDisk {
    return this.#next({ task: 'powerLoss', disk: this.number, seed });
  }

  /** Everything that was written is there. */
  afterProcessDeath(): SimulatedDisk {
    return this.#next({ task: 'processDeath', disk: this.number });
  }

  /** So many more syncs succeed, then each fails; null: none fails any more. */
  failSyncsAfter(count: number | null): void {
    this.#do({ task: 'failSyncsAfter', disk: this.number, count });
  }

  failWrites(fail: boolean): void {
    this.#do({ task: 'failWrites', disk: this.number, fail });
  }

  /** Null: no limit. It may be less than is used. */
  setCapacity(bytes: number | null): void {
    this.#do({ task: 'setCapacity', disk: this.number, bytes });
  }

  /** Damages a file; false when it has no such byte. */
  flipBit(path: string, position: number, bit: number): boolean {
    const answer = this.#do({ task: 'flipBit', disk: this.number, path, position, bit });
    return answer['flipped'] === true;
  }

  /** Paths of all files, sorted. */
  files(): readonly string[] {
    const { files } = this.#do({ task: 'files', disk: this.number });
    return files as readonly string[];
  }

  get usedBytes(): number {
    return Number(this.#do({ task: 'status', disk: this.number })['usedBytes']);
  }

  /** Gives the memory back; the disk cannot be used any more. */
  release(): void {
    this.#do({ task: 'release', disk: this.number });
  }

  #next(task: object): SimulatedDisk {
    return new SimulatedDisk(this.#native, numberOf(this.#native.simulatedDisk(JSON.stringify(task))));
  }

  #do(task: object): Readonly<Record<string, unknown>> {
    return JSON.parse(this.#native.simulatedDisk(JSON.stringify(task))) as Record<string, unknown>;
  }
}

function numberOf(answer: string): number {
  return (JSON.parse(answer) as { disk: number }).disk;
}
