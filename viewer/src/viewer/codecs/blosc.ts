/**
 * Blosc 1 for zarrita in plain JavaScript (see zstd.ts for why), with LZ4, zlib and Zstandard inside.
 * Format: README_CHUNK_FORMAT.rst of c-blosc. BloscLZ and Snappy, which Zarr writers seldom choose, are refused.
 */
import { decompress as zstd } from "fzstd";
import { decodeBlock as lz4 } from "./lz4";

const HEADER = 16;
const SHUFFLED = 0x01;
const COPIED = 0x02;
const BIT_SHUFFLED = 0x04;
const NOT_SPLIT = 0x10;
const NAMES = ["blosclz", "lz4", "snappy", "zlib", "zstd"];

async function zlib(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function inner(name: string | undefined, data: Uint8Array, size: number): Uint8Array | Promise<Uint8Array> {
  if (name === "lz4") return lz4(data, size);
  if (name === "zstd") return zstd(data, new Uint8Array(size));
  if (name === "zlib") return zlib(data);
  throw new Error(`Blosc with ${name ?? "an unknown compressor"} is not supported`);
}

/** Bytes 0 of all items, then bytes 1, … → items; what is left over at the end is as it was. */
export function unshuffle(data: Uint8Array, itemSize: number): Uint8Array {
  const count = Math.floor(data.length / itemSize);
  const out = data.slice();
  for (let byte = 0; byte < itemSize; byte++) {
    for (let i = 0, from = byte * count; i < count; i++) out[i * itemSize + byte] = data[from + i]!;
  }
  return out;
}

/** Bits 0 of bytes 0 of all items, then bits 1, … → items. Only whole eights of items are shuffled. */
export function bitUnshuffle(data: Uint8Array, itemSize: number): Uint8Array {
  const count = Math.floor(data.length / itemSize);
  const out = data.slice();
  if (count % 8 !== 0) return out;
  out.fill(0, 0, count * itemSize);
  const row = count / 8;
  for (let plane = 0; plane < itemSize * 8; plane++) {
    const [byte, bit] = [plane >> 3, plane & 7];
    for (let i = 0; i < count; i++) {
      const value = (data[plane * row + (i >> 3)]! >> (i & 7)) & 1;
      out[i * itemSize + byte]! |= value << bit;
    }
  }
  return out;
}

/** One Blosc buffer → its bytes. Throws when it is broken or compressed in a way not known here. */
export async function decodeBlosc(data: Uint8Array): Promise<Uint8Array> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [flags, itemSize] = [view.getUint8(2), view.getUint8(3)];
  const [size, blockSize] = [view.getUint32(4, true), view.getUint32(8, true)];
  if (flags & COPIED) return data.slice(HEADER, HEADER + size);
  const out = new Uint8Array(size);
  for (let start = 0, block = 0; start < size; start += blockSize, block++) {
    const length = Math.min(blockSize, size - start);
    const splits = flags & NOT_SPLIT || length < blockSize ? 1 : itemSize;
    const part = length / splits;
    const joined = new Uint8Array(length);
    let from = view.getUint32(HEADER + 4 * block, true);
    for (let split = 0; split < splits; split++) {
      const stored = view.getUint32(from, true);
      const bytes = data.subarray(from + 4, from + 4 + stored);
      joined.set(stored === part ? bytes : await inner(NAMES[flags >> 5], bytes, part), split * part);
      from += 4 + stored;
    }
    const items = flags & SHUFFLED ? unshuffle(joined, itemSize) : flags & BIT_SHUFFLED ? bitUnshuffle(joined, itemSize) : joined;
    out.set(items, start);
  }
  return out;
}

export default class Blosc {
  static readonly codecId = "blosc";
  static fromConfig = () => new Blosc();

  encode(): never {
    throw new Error("The viewer only reads.");
  }

  decode(data: Uint8Array): Promise<Uint8Array> {
    return decodeBlosc(data);
  }
}
