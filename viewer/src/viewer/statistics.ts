import type { Pixels } from "./pixels";

/** Linear-interpolated percentiles (numpy's default) of the finite values; NaN when there are none. */
export function percentiles(values: ArrayLike<number>, wanted: readonly number[]): number[] {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  return wanted.map((percent) => {
    if (sorted.length === 0) return NaN;
    const position = (percent / 100) * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return low + (high - low) * (position - below);
  });
}

export interface ContrastStatistics {
  readonly min: number;
  readonly max: number;
  readonly low: number;
  readonly high: number;
}

const LOW_PERCENT = 0.1;
const HIGH_PERCENT = 99.9;
const SAMPLE_LIMIT = 1 << 18;

/** Minimum, maximum and 0.1 / 99.9 percentiles of planes, from at most about 262,144 evenly spread pixels. */
export function contrastOf(planes: readonly Pixels[]): ContrastStatistics {
  const count = planes.reduce((sum, plane) => sum + plane.length, 0);
  const step = Math.max(1, Math.floor(count / SAMPLE_LIMIT));
  const sample: number[] = [];
  for (const plane of planes) for (let i = 0; i < plane.length; i += step) sample.push(plane[i]!);
  const [min, low, high, max] = percentiles(sample, [0, LOW_PERCENT, HIGH_PERCENT, 100]) as [number, number, number, number];
  if (Number.isNaN(min)) return { min: 0, max: 1, low: 0, high: 1 };
  // A plane of one value still needs a window that is not empty.
  return high > low ? { min, max, low, high } : { min, max: Math.max(max, min + 1), low: min, high: Math.max(max, min + 1) };
}
