import { type Random, seededRandom } from '@centaurmq/remoting';

/** One stream of chance. Each part of a world has its own, so that what one draws does not change what another gets. */
export class Chance implements Random {
  readonly #seed: number;
  readonly #random: Random;

  /** @param seed 32 bits */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#random = seededRandom(this.#seed);
  }

  /** A stream that depends on this one's seed and the name alone, not on what was drawn before. */
  stream(name: string): Chance {
    return new Chance(mixed(this.#seed, name));
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** A number in [min, max), in steps of a millionth of the range. */
  between(min: number, max: number): number {
    return min + ((max - min) * this.below(1_000_000)) / 1_000_000;
  }

  /** True so often: 0 never, 1 always. */
  happens(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<T>(choices: readonly [T, ...T[]]): T;
  pick<T>(choices: readonly T[]): T | undefined;
  pick<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}

/** FNV-1a over the name, begun with the seed. */
function mixed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const unit of name) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}
