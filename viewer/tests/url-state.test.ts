import fc from "fast-check";
import { expect, it } from "vitest";
import type { ChannelSettings } from "../src/viewer/settings";
import { formatState, parseState } from "../src/viewer/url-state";

const byte = fc.integer({ min: 0, max: 255 });
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Number(value.toPrecision(7)) + 0);
const channel = fc.record({
  index: fc.nat(500),
  name: fc.string(),
  on: fc.boolean(),
  color: fc.tuple(byte, byte, byte),
  min: number,
  max: number,
  gamma: fc.double({ min: 0.1, max: 5, noNaN: true }).map((value) => Number(value.toPrecision(7))),
  low: number,
  high: number,
}) satisfies fc.Arbitrary<ChannelSettings>;
const state = fc.record({
  channels: fc.uniqueArray(channel, { selector: (c) => c.index }),
  z: fc.nat(1000),
  t: fc.nat(1000),
  x: number,
  y: number,
  zoom: number,
});

it("comes back from the address as it went in", () => {
  fc.assert(
    fc.property(state, (before) => {
      const after = parseState("#" + formatState(before));
      const { z, t, x, y, zoom } = before;
      const on = before.channels.filter((c) => c.on);
      const channels = on.map(({ index, color, min, max, gamma }) => ({ index, on: true, color, min, max, gamma }));
      expect(after).toEqual({ z, t, x, y, zoom, channels });
    }),
  );
});

it("is safe in an address", () => {
  fc.assert(fc.property(state, (before) => void expect(formatState(before)).toMatch(/^[\w.&=~-]*$/)));
});

it("leaves out what it cannot read", () => {
  expect(parseState("")).toEqual({});
  expect(parseState("#metadata")).toEqual({});
  expect(parseState("#z=two&zoom=1&on=a~b_3~zz~1~2~1")).toMatchObject({ zoom: 1, channels: [{ index: 3, on: true }] });
});

it("survives any fragment", () => {
  fc.assert(fc.property(fc.string(), (text) => void parseState(text)));
});
