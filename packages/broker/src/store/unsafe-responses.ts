import { type RemotingCommand, decodeFrame, encodeFrame } from '@centaurmq/protocol';

/** The response code and remark of a send that was appended but did not become safe. */
export interface UnsafeResponse {
  readonly code: number;
  readonly remark: string | null;
}

/** The same responses with the code that tells the producer what is missing. */
export function unsafeResponses(frames: Buffer, { code, remark }: UnsafeResponse): Buffer {
  const rewritten: Buffer[] = [];
  for (let start = 0; start < frames.length;) {
    const end = start + 4 + frames.readInt32BE(start);
    const response: RemotingCommand = decodeFrame(frames.subarray(start, end));
    rewritten.push(encodeFrame({ ...response, code, remark }));
    start = end;
  }
  return Buffer.concat(rewritten);
}
