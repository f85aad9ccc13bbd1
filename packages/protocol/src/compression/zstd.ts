import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { CompressionError } from './compression-error.ts';

// Node has zstd of its own from 22.15 on; before, fzstd decompresses and a wasm build of the original compresses.

interface NodeZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
  zstdCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer;
}
interface WasmZstd {
  compress(bytes: Uint8Array, level: number): Uint8Array;
}

const nodeZstd = 'zstdCompressSync' in zlib ? (zlib as unknown as NodeZstd) : null;
let wasmZstd: WasmZstd | null = null;

const MAGIC = 0xfd2f_b528;
/** What a decoder must offer at least, by the format's recommendation. */
const WINDOW_BYTES_MIN = 8_388_608;

/** Makes {@link encodeZstd} usable; does nothing where Node compresses by itself. Costs some 50 ms, once. */
export async function loadZstd(): Promise<void> {
  if (nodeZstd !== null || wasmZstd !== null) return;
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  wasmZstd = await Zstd.load();
}

/** @throws CompressionError before {@link loadZstd} has finished, where Node has no zstd of its own */
export function encodeZstd(plain: Uint8Array, level: number): Buffer {
  if (nodeZstd !== null) {
    return nodeZstd.zstdCompressSync(plain, {
      params: { [nodeZstd.constants.ZSTD_c_compressionLevel]: level },
    });
  }
  if (wasmZstd === null)
    throw new CompressionError('ZSTD', 'no compressor', 'loadZstd() to be awaited before');
  return Buffer.from(wasmZstd.compress(plain, level));
}

/** @throws CompressionError */
export function decodeZstd(compressed: Uint8Array, lengthMax: number): Buffer {
  try {
    if (nodeZstd !== null) return nodeZstd.zstdDecompressSync(compressed, { maxOutputLength: lengthMax });
    return decodeInScript(compressed, lengthMax);
  } catch (error) {
    if (error instanceof CompressionError) throw error;
    throw new CompressionError(
      'ZSTD',
      (error as Error).message,
      `a whole frame of at most ${lengthMax} bytes`,
      {
        cause: error,
      },
    );
  }
}

function decodeInScript(compressed: Uint8Array, lengthMax: number): Buffer {
  requireSmallWindow(Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength), lengthMax);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((chunk) => {
    length += chunk.length;
    if (length > lengthMax) {
      throw new CompressionError('ZSTD', `more than ${lengthMax} bytes decompressed`, 'no more than that');
    }
    chunks.push(Uint8Array.from(chunk));
  });
  stream.push(compressed, true);
  return Buffer.concat(chunks);
}

/** The decoder allocates what the frame's header asks for: a header of six bytes could ask for a gigabyte. */
function requireSmallWindow(frame: Buffer, lengthMax: number): void {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) {
    throw new CompressionError(
      'ZSTD',
      `0x${frame.toString('hex', 0, 4)}`,
      'the magic of a zstd frame, 0x28b52ffd',
    );
  }
  const windowMax = Math.max(WINDOW_BYTES_MIN, lengthMax);
  const window = windowBytes(frame);
  if (window > windowMax)
    throw new CompressionError('ZSTD', `a window of ${window} bytes`, `at most ${windowMax}`);
}

function windowBytes(frame: Buffer): number {
  const descriptor = frame.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) {
    const window = frame.readUInt8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  // The whole content is the window: its size follows the dictionary id.
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + dictionaryBytes;
  switch (descriptor >> 6) {
    case 0:
      return frame.readUInt8(at);
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}
