import { describe, expect, it } from "vitest";
import type { OmeroChannel, Pyramid } from "../src/viewer/omezarr";
import { applyChange, applyChanges, defaultChannels, formatColor, parseColor, parseSettings } from "../src/viewer/settings";

const pyramid = (count: number, omeroChannels: OmeroChannel[] = [], type: Pyramid["type"] = "uint16"): Pyramid => ({
  name: "",
  levels: [],
  axes: [{ name: "c", size: count, unit: "", step: NaN }],
  type,
  dtype: type,
  omeroChannels,
  defaultZ: undefined,
  defaultT: undefined,
});

describe("defaultChannels", () => {
  it("reads the omero block", () => {
    const window = { min: 0, max: 4000, start: 100, end: 900 };
    const [channel] = defaultChannels(pyramid(1, [{ label: "DAPI", color: "0000ff", active: true, window }]));
    expect(channel).toMatchObject({ name: "DAPI", on: true, color: [0, 0, 255], min: 100, max: 900, low: 0, high: 4000 });
  });
  it("turns on the first few when nothing says which", () => {
    expect(defaultChannels(pyramid(41)).filter((channel) => channel.on)).toHaveLength(4);
    const all = Array.from({ length: 41 }, () => ({ active: true }));
    expect(defaultChannels(pyramid(41, all)).filter((channel) => channel.on)).toHaveLength(4);
  });
  it("turns on what omero chose", () => {
    const chosen = Array.from({ length: 41 }, (_, i) => ({ active: i >= 30 }));
    expect(defaultChannels(pyramid(41, chosen)).filter((c) => c.on).map((c) => c.index)).toEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
  });
  it("leaves contrast open without a window, but for colour pictures", () => {
    expect(defaultChannels(pyramid(2))[0]!.min).toBeNaN();
    expect(defaultChannels(pyramid(3, [], "uint8"))[2]).toMatchObject({ color: [0, 0, 255], min: 0, max: 255 });
  });
  it("ignores an empty window", () => {
    const window = { min: 0, max: 0, start: 0, end: 0 };
    expect(defaultChannels(pyramid(1, [{ window }]))[0]!.min).toBeNaN();
  });
});

describe("applyChange", () => {
  const [channel] = defaultChannels(pyramid(1, [{ window: { min: 0, max: 100, start: 10, end: 90 } }]));
  it("takes what is valid and leaves the rest", () => {
    const changed = applyChange(channel!, { index: 0, color: "nonsense", gamma: -1, min: NaN, on: false });
    expect(changed).toEqual({ ...channel, on: false });
  });
  it("widens the sliders", () => {
    expect(applyChange(channel!, { index: 0, min: -50, max: 300 })).toMatchObject({ low: -50, high: 300 });
  });
  it("keeps untouched channels the same objects", () => {
    const channels = defaultChannels(pyramid(3));
    const changed = applyChanges(channels, [{ index: 1, on: false }]);
    expect(changed[0]).toBe(channels[0]);
    expect(changed[1]!.on).toBe(false);
  });
});

describe("parseSettings", () => {
  it("reads channels, z and t", () => {
    expect(parseSettings('{"channels":[{"index":2,"on":true}],"z":3,"t":1}')).toEqual({ channels: [{ index: 2, on: true }], z: 3, t: 1 });
  });
  it.each([undefined, "", "null", "[", "3", '{"channels":7}', '{"channels":[null,{"index":"a"}]}'])("survives %s", (text) =>
    expect(parseSettings(text)).toEqual({ channels: [] }),
  );
});

it("reads and writes colours", () => {
  expect(parseColor("#0fF")).toEqual([0, 255, 255]);
  expect(parseColor("12345")).toBeUndefined();
  expect(formatColor([0, 128, 255])).toBe("#0080ff");
});
