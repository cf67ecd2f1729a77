import fc from "fast-check";
import { expect, it } from "vitest";
import { copyPlane, toChunk } from "../src/viewer/pixels";

it("puts a plane together from padded chunks", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    chunkWidth: fc.integer({ min: 1, max: 8 }),
    chunkHeight: fc.integer({ min: 1, max: 8 }),
    transposed: fc.boolean(),
  });
  fc.assert(
    fc.property(sizes, ({ width, height, chunkWidth, chunkHeight, transposed }) => {
      const out = new Uint16Array(width * height);
      for (let y = 0; y < height; y += chunkHeight) {
        for (let x = 0; x < width; x += chunkWidth) {
          const stride = transposed ? [1, chunkHeight] : [chunkWidth, 1];
          const data = new Uint16Array(chunkWidth * chunkHeight).fill(9999);
          for (let j = 0; j < chunkHeight; j++) {
            for (let i = 0; i < chunkWidth; i++) data[j * stride[0]! + i * stride[1]!] = (y + j) * 100 + x + i;
          }
          const chunk = { data, shape: [chunkHeight, chunkWidth], stride };
          copyPlane(chunk, { x, y }, 0, { y: 0, x: 1 }, { x0: 0, y0: 0, x1: width, y1: height }, out);
        }
      }
      out.forEach((value, i) => expect(value).toBe(Math.floor(i / width) * 100 + (i % width)));
    }),
  );
});

it("copies only the rectangle, from the plane at the offset", () => {
  const data = Uint8Array.from({ length: 32 }, (_, i) => i); // two planes of 4 × 4
  const out = new Uint8Array(4);
  copyPlane({ data, shape: [2, 4, 4], stride: [16, 4, 1] }, { x: 0, y: 0 }, 16, { y: 1, x: 2 }, { x0: 1, y0: 2, x1: 3, y1: 4 }, out);
  expect([...out]).toEqual([25, 26, 29, 30]);
});

it("converts what the GPU has no type for", () => {
  const big = { data: new BigInt64Array([1n, -2n]), shape: [2], stride: [1] };
  expect(toChunk(big, "float32").data).toEqual(new Float32Array([1, -2]));
  const same = { data: new Uint16Array(2), shape: [2], stride: [1] };
  expect(toChunk(same, "uint16").data).toBe(same.data);
});
