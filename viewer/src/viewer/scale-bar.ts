/** Length of the scale bar: the largest 1, 2 or 5 × 10ⁿ that fits. Units: UDUNITS names as OME-Zarr has them. */

const SYMBOLS: Readonly<Record<string, string>> = {
  angstrom: "Å",
  nanometer: "nm",
  micrometer: "µm",
  millimeter: "mm",
  centimeter: "cm",
  meter: "m",
  kilometer: "km",
};
const METRES: Readonly<Record<string, number>> = {
  nm: 1e-9,
  "µm": 1e-6,
  mm: 1e-3,
  m: 1,
};

export interface ScaleBar {
  /** Width in CSS pixels. */
  readonly pixels: number;
  readonly label: string;
}

function roundLength(limit: number): number {
  const power = 10 ** Math.floor(Math.log10(limit));
  const digit = [5, 2, 1].find((candidate) => candidate * power <= limit * (1 + 1e-9)) ?? 1;
  return digit * power;
}

/** `step`: physical size of a level-0 pixel in `unit`; without one (NaN, or no unit) the bar counts pixels. */
export function scaleBar(step: number, unit: string, zoom: number, widest = 160): ScaleBar {
  const pixelSize = 2 ** -zoom;
  const symbol = SYMBOLS[unit] ?? unit;
  if (!(step > 0) || !unit) {
    const length = roundLength(widest * pixelSize);
    return { pixels: length / pixelSize, label: `${Number(length.toPrecision(3))} px` };
  }
  const length = roundLength(widest * pixelSize * step);
  const pixels = length / step / pixelSize;
  const metres = length * (METRES[symbol] ?? NaN);
  const best = Object.entries(METRES).findLast(([, size]) => metres >= size * (1 - 1e-9));
  const [name, value] = best ? [best[0], metres / best[1]] : [symbol, length];
  return { pixels, label: `${Number(value.toPrecision(3))} ${name}` };
}
