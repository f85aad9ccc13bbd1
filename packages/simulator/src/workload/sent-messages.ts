import type { Chance } from '../chance/chance.ts';
import type { SentMessage } from '../history/history.ts';
import { tags } from '../plan/run-plan.ts';

/** RocketMQ's delay levels from 1 on, as far as a run waits for them. */
const DELAY_LEVEL_MILLIS = [1000, 5000, 10_000, 30_000];
/** Most bodies are short; some are long enough to fill packets and pages. */
const BODY_BYTES_MAX = [40, 40, 40, 400, 3000];

/** Bodies differ in where they begin in it. */
const FILLING = Array.from({ length: 8192 }, (_, index) => (index * index).toString(36))
  .join('')
  .slice(0, 8192);

export interface DelayLevel {
  readonly level: number;
  readonly delayMillis: number;
}

export function drawDelay(chance: Chance): DelayLevel {
  const level = chance.whole(1, DELAY_LEVEL_MILLIS.length);
  return { level, delayMillis: DELAY_LEVEL_MILLIS[level - 1] ?? 0 };
}

/** A message with a tag by chance, and a body that begins with its id and is filled up by chance. */
export function drawMessage(chance: Chance, about: Omit<SentMessage, 'tag' | 'body'>): SentMessage {
  const length = chance.whole(0, chance.pick(BODY_BYTES_MAX) ?? 0);
  const filling = FILLING.slice(chance.below(FILLING.length - length)).slice(0, length);
  return { ...about, tag: chance.pick(tags), body: `${about.id}|${filling}` };
}
