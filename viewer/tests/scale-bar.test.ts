import { expect, it } from "vitest";
import { scaleBar } from "../src/viewer/scale-bar";

it.each([
  [0.5, "micrometer", 0, { pixels: 100, label: "50 µm" }],
  [0.0851964, "micrometer", 0, { pixels: expect.closeTo(117.38, 1), label: "10 µm" }],
  [0.5, "micrometer", 6, { pixels: 128, label: "1 µm" }],
  [100, "nanometer", 0, { pixels: 100, label: "10 µm" }],
  [10, "micrometer", -4, { pixels: expect.closeTo(125), label: "20 mm" }],
  [2, "foot", 0, { pixels: 100, label: "200 foot" }],
  [NaN, "micrometer", 0, { pixels: 100, label: "100 px" }],
  [1, "", -1, { pixels: 100, label: "200 px" }],
])("pixel of %d %s at zoom %d", (step, unit, zoom, expected) => expect(scaleBar(step, unit, zoom)).toEqual(expected));
