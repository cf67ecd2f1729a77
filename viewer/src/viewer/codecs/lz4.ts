/** LZ4 blocks (lz4_Block_format.md of the LZ4 project), and numcodecs' framing of them: a 4-byte size, then one block. */

/** Decodes one block to `size` bytes. Throws RangeError when it is broken. */
export function decodeBlock(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let [from, to] = [0, 0];
  const length = (nibble: number): number => {
    let [total, more] = [nibble, nibble === 15];
    while (more) {
      if (from >= data.length) throw new RangeError("LZ4 block ends early");
      const next = data[from++]!;
      total += next;
      more = next === 255;
    }
    return total;
  };
  while (from < data.length) {
    const token = data[from++]!;
    const literals = length(token >> 4);
    if (from + literals > data.length || to + literals > size) throw new RangeError("LZ4 literals leave the block");
    out.set(data.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from >= data.length) break;
    const distance = data[from]! | (data[from + 1]! << 8);
    from += 2;
    const match = length(token & 15) + 4;
    if (distance === 0 || distance > to || to + match > size) throw new RangeError("LZ4 match leaves the block");
    // A match may overlap what it writes, so byte by byte.
    for (const end = to + match; to < end; to++) out[to] = out[to - distance]!;
  }
  if (to !== size) throw new RangeError("LZ4 block is too short");
  return out;
}

export default class Lz4 {
  static readonly codecId = "lz4";
  static fromConfig = () => new Lz4();

  encode(): never {
    throw new Error("The viewer only reads.");
  }

  decode(data: Uint8Array): Uint8Array {
    const size = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    return decodeBlock(data.subarray(4), size);
  }
}
