import fc from "fast-check";
import { expect, it } from "vitest";
import { bitUnshuffle, decodeBlosc, unshuffle } from "../src/viewer/codecs/blosc";
import { decodeBlock } from "../src/viewer/codecs/lz4";

it("decodes literals and matches that overlap themselves", () => {
  // Token 0x11: one literal, match of 1 + 4 bytes at distance 1; then five literals end the block.
  const block = Uint8Array.from([0x11, 65, 1, 0, 0x50, 1, 2, 3, 4, 5]);
  expect([...decodeBlock(block, 11)]).toEqual([65, 65, 65, 65, 65, 65, 1, 2, 3, 4, 5]);
});

it("ends, and never writes outside, whatever it is given", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (data, size) => {
      try {
        expect(decodeBlock(data, size)).toHaveLength(size);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

function shuffle(data: Uint8Array, itemSize: number): Uint8Array {
  const count = Math.floor(data.length / itemSize);
  const out = data.slice();
  for (let i = 0; i < count * itemSize; i++) out[(i % itemSize) * count + Math.floor(i / itemSize)] = data[i]!;
  return out;
}

it("puts shuffled bytes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (data, itemSize) =>
      void expect(unshuffle(shuffle(data, itemSize), itemSize)).toEqual(data),
    ),
  );
});

it("puts shuffled bits back", () => {
  // Eight items of one byte, of which only the third has bit 0 and only the last bit 7.
  expect([...bitUnshuffle(Uint8Array.from([4, 0, 0, 0, 0, 0, 0, 128]), 1)]).toEqual([0, 0, 1, 0, 0, 0, 0, 128]);
  expect([...bitUnshuffle(Uint8Array.from([1, 2, 3]), 1)]).toEqual([1, 2, 3]);
});

it("names the compressor it does not know", async () => {
  const header = Uint8Array.from([2, 1, 0x10, 1, 4, 0, 0, 0, 4, 0, 0, 0, 25, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 9]);
  await expect(decodeBlosc(header)).rejects.toThrow("blosclz");
});

it("copies what was stored as it is", async () => {
  const stored = Uint8Array.from([2, 1, 0x02, 1, 3, 0, 0, 0, 3, 0, 0, 0, 19, 0, 0, 0, 7, 8, 9]);
  expect([...(await decodeBlosc(stored))]).toEqual([7, 8, 9]);
});
