import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteLru } from "../src/viewer/lru";

it("drops the least recently used first", () => {
  const cache = new ByteLru<string>(30);
  cache.set("a", "A", 10);
  cache.set("b", "B", 10);
  cache.set("c", "C", 10);
  cache.get("a");
  cache.set("d", "D", 10);
  expect(cache.get("b")).toBeUndefined();
  expect([cache.get("a"), cache.get("c"), cache.get("d")]).toEqual(["A", "C", "D"]);
});

it("keeps one value larger than the bound, alone", () => {
  const cache = new ByteLru<string>(30);
  cache.set("a", "A", 10);
  cache.set("big", "B", 100);
  expect(cache.size).toBe(1);
  expect(cache.get("big")).toBe("B");
});

it("never holds more than its bound, and counts right", () => {
  const writes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.integer({ min: 0, max: 50 })));
  fc.assert(
    fc.property(writes, (list) => {
      const cache = new ByteLru<number>(60);
      const sizes = new Map<string, number>();
      for (const [key, bytes] of list) {
        cache.set(key, bytes, bytes);
        sizes.set(key, bytes);
        expect(cache.get(key)).toBe(bytes);
        expect(cache.bytes).toBeLessThanOrEqual(60);
      }
      const held = [...sizes].filter(([key]) => cache.get(key) !== undefined);
      expect(held.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(cache.bytes);
      expect(held).toHaveLength(cache.size);
    }),
  );
});
