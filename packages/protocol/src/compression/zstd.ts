import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { CompressionError } from './compression-error.ts';
import { wholeZstdFrames } from './zstd-frame.ts';

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

/**
 * All frames there are, one after the other.
 *
 * @throws CompressionError
 */
export function decodeZstd(compressed: Uint8Array, lengthMax: number): Buffer {
  const bytes = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  const parts: Buffer[] = [];
  let left = lengthMax;
  for (const frame of wholeZstdFrames(bytes, lengthMax)) {
    const part = decodeFrame(frame, left);
    parts.push(part);
    left -= part.length;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

function decodeFrame(frame: Buffer, lengthMax: number): Buffer {
  try {
    // Node wants a limit of one byte at least.
    if (nodeZstd !== null)
      return nodeZstd.zstdDecompressSync(frame, { maxOutputLength: Math.max(1, lengthMax) });
    return decodeInScript(frame, lengthMax);
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

function decodeInScript(frame: Buffer, lengthMax: number): Buffer {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Decompress((chunk) => {
    length += chunk.length;
    if (length > lengthMax) {
      throw new CompressionError('ZSTD', `more than ${lengthMax} bytes decompressed`, 'no more than that');
    }
    chunks.push(Uint8Array.from(chunk));
  });
  stream.push(frame, true);
  return Buffer.concat(chunks);
}
