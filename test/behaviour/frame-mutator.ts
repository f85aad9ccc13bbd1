import { type RemotingCommand, SerializeType, encodeFrame } from '@centaurmq/protocol';
import type { Random } from '@centaurmq/remoting';

const INTERESTING_INTS = [
  0, 1, -1, 2, 4, 7, 8, 127, 128, 255, 256, 65_535, 65_536, 0x7fff_ffff, -0x8000_0000, 16_777_212, 16_777_213,
];
const INTERESTING_TEXTS = [
  '',
  '-1',
  '0',
  '7',
  '2147483647',
  '2147483648',
  '-2147483648',
  '9223372036854775807',
  '-9223372036854775808',
  '1e9',
  'null',
  'true',
  '*',
  '||',
  '%RETRY%',
  '%DLQ%FuzzedGroup',
  'SCHEDULE_TOPIC_XXXX',
  '\u0000',
  '\ud800',
  'KEYS\u0001',
  'DELAY\u000118\u0002',
  'TAGS\u0001x\u0002'.repeat(400),
  'x'.repeat(70_000),
];

/** Damages requests of real traffic: what they say, or the bytes that say it. */
export class FrameMutator {
  readonly #random: Random;
  readonly #corpus: readonly RemotingCommand[];

  constructor(random: Random, corpus: readonly RemotingCommand[]) {
    this.#random = random;
    this.#corpus = corpus;
  }

  /** A frame in order, of a request that is not. */
  nextRequest(): Buffer {
    let command = { ...this.#pick(this.#corpus) };
    for (let count = 1 + this.#random.below(3); count > 0; count -= 1) command = this.#changed(command);
    try {
      return encodeFrame(command);
    } catch {
      // Too long to be encoded: another one.
      return this.nextRequest();
    }
  }

  /** Bytes that may be no frame at all; mostly with an outer length that is right. */
  nextBytes(): Buffer {
    let frame: Buffer = encodeFrame(this.#pick(this.#corpus));
    for (let count = 1 + this.#random.below(3); count > 0; count -= 1) frame = this.#damaged(frame);
    if (frame.length >= 8 && this.#random.below(20) > 0) frame.writeInt32BE(frame.length - 4, 0);
    return frame;
  }

  #changed(command: RemotingCommand): RemotingCommand {
    const extFields = { ...command.extFields };
    const keys = Object.keys(extFields);
    const key = keys.length === 0 ? 'none' : this.#pick(keys);
    const other = this.#pick(this.#corpus);
    switch (this.#random.below(12)) {
      case 0:
        delete extFields[key];
        return { ...command, extFields };
      case 1:
      case 2:
      case 3:
        extFields[key] = this.#pick(INTERESTING_TEXTS);
        return { ...command, extFields };
      case 4:
        extFields[key] = String(this.#random.below(300) - 20);
        return { ...command, extFields };
      case 5:
        extFields[key] = (extFields[key] ?? '') + this.#pick(INTERESTING_TEXTS);
        return { ...command, extFields };
      case 6:
        return { ...command, extFields: { ...extFields, ...other.extFields } };
      case 7:
        return { ...command, body: this.#damaged(Buffer.from(command.body)) };
      case 8:
        return { ...command, body: other.body };
      case 9:
        return { ...command, code: this.#random.below(2) === 0 ? other.code : this.#random.below(400) };
      case 10:
        return {
          ...command,
          flag: this.#random.below(8) === 0 ? this.#random.below(256) & ~1 : command.flag,
        };
      default: {
        const { JSON, ROCKETMQ } = SerializeType;
        const serializeType = command.serializeType === JSON ? ROCKETMQ : JSON;
        return {
          ...command,
          serializeType,
          version: this.#random.below(600),
          opaque: this.#pick(INTERESTING_INTS),
        };
      }
    }
  }

  #damaged(bytes: Buffer): Buffer {
    if (bytes.length < 8) return this.#bytes(this.#random.below(64));
    const at = this.#random.below(bytes.length);
    const end = at + Math.min(1 + this.#random.below(40), bytes.length - at);
    switch (this.#random.below(8)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#random.below(8));
        return bytes;
      case 1:
        bytes[at] = this.#random.below(256);
        return bytes;
      case 2:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
      case 3:
        return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
      case 4:
        return Buffer.concat([
          bytes.subarray(0, at),
          this.#bytes(1 + this.#random.below(40)),
          bytes.subarray(at),
        ]);
      case 5:
        bytes.writeInt32BE(this.#pick(INTERESTING_INTS), Math.min(at, bytes.length - 4));
        return bytes;
      case 6:
        bytes.writeInt32BE(this.#pick(INTERESTING_INTS), 4);
        return bytes;
      default: {
        const other = encodeFrame(this.#pick(this.#corpus));
        return Buffer.concat([bytes.subarray(0, at), other.subarray(this.#random.below(other.length))]);
      }
    }
  }

  #bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#random.below(256)));
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[this.#random.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }
}
