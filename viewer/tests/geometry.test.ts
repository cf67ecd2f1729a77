import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLevel, fitZoom, levelScale, statisticsLevel, tileBounds, tileEdge, tilesIn, visibleBounds, type LevelGeometry } from "../src/viewer/geometry";

const level = (width: number, height: number, scale: number, tile = 256): LevelGeometry => ({
  width,
  height,
  scaleX: scale,
  scaleY: scale,
  tileWidth: tile,
  tileHeight: tile,
});
const LEVELS = [level(1000, 700, 1), level(500, 350, 2), level(250, 175, 4)];

describe("tileEdge", () => {
  it.each([
    [256, 256],
    [64, 256],
    [100, 300],
    [1, 256],
    [1024, 1024],
    [2048, 512],
    [5000, 500],
  ])("chunk %i → tile %i", (chunk, tile) => expect(tileEdge(chunk)).toBe(tile));
});

describe("levelScale", () => {
  it("takes the declared scale, rounded up or down", () => {
    expect(levelScale(1001, 500, 0.5, 1)).toBe(2);
    expect(levelScale(1001, 501, 0.5, 1)).toBe(2);
  });
  it("takes the ratio of sizes when nothing or nonsense is declared", () => {
    expect(levelScale(1000, 250, undefined, undefined)).toBe(4);
    expect(levelScale(1000, 250, 1, 1)).toBe(4);
    expect(levelScale(1000, 250, 0, 0)).toBe(4);
  });
});

describe("chooseLevel", () => {
  it.each([
    [3, 0],
    [0, 0],
    [-0.5, 0],
    [-1, 1],
    [-1.9, 1],
    [-2, 2],
    [-8, 2],
  ])("zoom %d → level %i", (zoom, expected) => expect(chooseLevel(LEVELS, zoom)).toBe(expected));
  it("works with any factor", () => {
    const levels = [level(900, 900, 1), level(300, 300, 3), level(100, 100, 9)];
    expect(chooseLevel(levels, -Math.log2(3))).toBe(1);
    expect(chooseLevel(levels, -2)).toBe(1);
  });
});

describe("tilesIn", () => {
  it("crops the tiles at the image's edge", () => {
    const tiles = tilesIn(LEVELS[0]!, 0, [-1e6, -1e6, 1e6, 1e6]);
    expect(tiles).toHaveLength(12);
    expect(Math.max(...tiles.map((tile) => tile.x1))).toBe(1000);
    expect(Math.max(...tiles.map((tile) => tile.y1))).toBe(700);
  });
  it("puts the middle of the view first", () => {
    expect(tilesIn(LEVELS[0]!, 0, [500, 250, 1000, 700])[0]!.key).toBe("0/2/1");
  });
  it("gives nothing beside the image", () => expect(tilesIn(LEVELS[0]!, 0, [2000, 0, 3000, 100])).toEqual([]));
  it("covers every visible pixel exactly once", () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 3000 }), height: fc.integer({ min: 1, max: 3000 }) });
    const view = fc.record({
      x: fc.integer({ min: -500, max: 3500 }),
      y: fc.integer({ min: -500, max: 3500 }),
      zoom: fc.double({ min: -4, max: 4, noNaN: true }),
    });
    fc.assert(
      fc.property(sizes, view, fc.constantFrom(256, 300, 512), (size, at, tile) => {
        const bounds = visibleBounds({ ...at, width: 800, height: 600 });
        const geometry = level(size.width, size.height, 1, tile);
        const tiles = tilesIn(geometry, 0, bounds);
        expect(new Set(tiles.map((t) => t.key)).size).toBe(tiles.length);
        const [px, py] = [Math.floor(at.x), Math.floor(at.y)];
        const inside = px >= 0 && py >= 0 && px < size.width && py < size.height;
        const holding = tiles.filter((t) => px >= t.x0 && px < t.x1 && py >= t.y0 && py < t.y1);
        expect(holding).toHaveLength(inside ? 1 : 0);
      }),
    );
  });
});

it("tileBounds are world units", () => {
  expect(tileBounds(LEVELS[1]!, { key: "", level: 1, x0: 256, y0: 0, x1: 500, y1: 256 })).toEqual([512, 0, 1000, 512]);
});

it("fitZoom leaves the whole image in the canvas", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (width, height) => {
      const scale = 2 ** fitZoom(width, height, 800, 600);
      expect(width * scale).toBeLessThanOrEqual(800);
      expect(height * scale).toBeLessThanOrEqual(600);
    }),
  );
});

it("statisticsLevel reads the coarsest level that has enough pixels in view", () => {
  expect(statisticsLevel(LEVELS, [0, 0, 1000, 700])).toBe(2);
  expect(statisticsLevel(LEVELS, [0, 0, 300, 300])).toBe(1);
  expect(statisticsLevel(LEVELS, [0, 0, 10, 10])).toBe(0);
});
