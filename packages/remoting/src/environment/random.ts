/** Chance as an argument. */
export interface Random {
  /** A whole number in [0, limit); limit is between 1 and 2^32. */
  below(limit: number): number;
}

export const systemRandom: Random = {
  below: (limit) => Math.floor(Math.random() * limit),
};

/** The same seed gives the same numbers (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
    },
  };
}
