import fc from "fast-check";
import { expect, it } from "vitest";
import { contrastOf, percentiles } from "../src/viewer/statistics";

it("interpolates as numpy does", () => {
  // numpy.percentile([1, 2, 4, 8], [0, 25, 50, 99.9, 100])
  expect(percentiles([8, 1, 4, 2], [0, 25, 50, 99.9, 100])).toEqual([1, 1.75, 3, expect.closeTo(7.988), 8]);
});

it("leaves out what is not finite", () => {
  expect(percentiles([NaN, 1, Infinity, 3], [50])).toEqual([2]);
  expect(percentiles([NaN], [50])).toEqual([NaN]);
});

it("grows with the percentage and stays between minimum and maximum", () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (list, percent) => {
      const [low, at, high] = percentiles(list, [0, percent, 100]) as [number, number, number];
      expect(low).toBe(Math.min(...list) + 0);
      expect(high).toBe(Math.max(...list) + 0);
      expect(at).toBeGreaterThanOrEqual(low - 1e-6);
      expect(at).toBeLessThanOrEqual(high + 1e-6);
    }),
  );
});

it("gives a window that is never empty", () => {
  expect(contrastOf([new Uint16Array(100).fill(7)])).toEqual({ min: 7, max: 8, low: 7, high: 8 });
  expect(contrastOf([new Float32Array([NaN, NaN])])).toEqual({ min: 0, max: 1, low: 0, high: 1 });
  expect(contrastOf([])).toEqual({ min: 0, max: 1, low: 0, high: 1 });
});

it("takes a sample of large planes", () => {
  const plane = Uint16Array.from({ length: 2_000_000 }, (_, i) => i % 1000);
  const { low, high } = contrastOf([plane]);
  expect(low).toBeLessThan(5);
  expect(high).toBeGreaterThan(990);
});
