/** Channel settings: what the file's omero block, the page's data-settings and the person choose. */
import type { OmeroChannel, Pyramid } from "./omezarr";
import { axisSize } from "./omezarr";
import type { PixelType } from "./pixels";

export type Rgb = readonly [red: number, green: number, blue: number];

export interface ChannelSettings {
  readonly index: number;
  readonly name: string;
  readonly on: boolean;
  /** 0–255 each. */
  readonly color: Rgb;
  /** Values drawn black and in full colour; NaN until known from the pixels. */
  readonly min: number;
  readonly max: number;
  readonly gamma: number;
  /** The contrast sliders' range; NaN until known from the pixels. */
  readonly low: number;
  readonly high: number;
}

/** One channel of the data-settings attribute or of setChannels: only `index` is needed. */
export type ChannelChange = { readonly index: number } & Partial<Omit<ChannelSettings, "index" | "color">> & {
    readonly color?: string | Rgb;
  };

export const FIRST_ON = 4;
const OMERO_ON = 6;
const WHITE: Rgb = [255, 255, 255];
const RED_GREEN_BLUE: Rgb[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
];
const PALETTE: Rgb[] = [
  [0, 128, 255],
  [0, 255, 0],
  [255, 0, 255],
  [255, 192, 0],
  [0, 255, 255],
  [255, 64, 64],
  [192, 255, 128],
];

/** "#rrggbb", "rrggbb" or "rgb" → numbers; undefined for anything else. */
export function parseColor(text: string): Rgb | undefined {
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!digits) return undefined;
  const full = digits.length === 3 ? [...digits].map((d) => d + d).join("") : digits;
  const byte = (at: number) => parseInt(full.slice(at, at + 2), 16);
  return [byte(0), byte(2), byte(4)];
}

export const formatColor = (color: Rgb): string =>
  "#" + color.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");

function defaultColor(index: number, count: number, type: PixelType): Rgb {
  if (count === 1) return WHITE;
  if (count === 3 && type === "uint8") return RED_GREEN_BLUE[index]!;
  return PALETTE[index % PALETTE.length]!;
}

/**
 * Which channels start on. What omero says holds; but "all of many" is what writers put without anybody's choice,
 * and draws white noise slowly, so then only the first few are on.
 */
function startsOn(index: number, omero: readonly OmeroChannel[]): boolean {
  const said = omero.filter((channel) => channel.active !== undefined);
  const chosen = said.length > 0 && (said.length <= OMERO_ON || said.some((channel) => !channel.active));
  return chosen ? (omero[index]?.active ?? false) : index < FIRST_ON;
}

export function defaultChannels(pyramid: Pyramid): ChannelSettings[] {
  const count = axisSize(pyramid, "c");
  return Array.from({ length: count }, (_, index) => {
    const omero = pyramid.omeroChannels[index];
    const eightBit = pyramid.type === "uint8";
    const { start = NaN, end = NaN, min = NaN, max = NaN } = omero?.window ?? {};
    const windowed = end > start;
    // A colour picture is shown as it is; all else without a window gets its contrast from the pixels.
    const [from, to] = windowed ? [start, end] : eightBit && count === 3 ? [0, 255] : [NaN, NaN];
    const [low, high] = max > min ? [min, max] : [from, to];
    return {
      index,
      name: omero?.label?.trim() || String(index + 1),
      on: startsOn(index, pyramid.omeroChannels),
      color: (omero?.color && parseColor(omero.color)) || defaultColor(index, count, pyramid.type),
      min: from,
      max: to,
      gamma: 1,
      low: from < low ? from : low,
      high: to > high ? to : high,
    };
  });
}

const number = (value: unknown, fallback: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : fallback;

/** `channel` with the valid fields of `change`; the sliders' range grows to hold the new contrast. */
export function applyChange(channel: ChannelSettings, change: ChannelChange): ChannelSettings {
  const { color } = change;
  const parsed = typeof color === "string" ? parseColor(color) : color?.length === 3 ? color : undefined;
  const min = number(change.min, channel.min);
  const max = number(change.max, channel.max);
  const gamma = number(change.gamma, channel.gamma);
  const low = number(change.low, channel.low);
  const high = number(change.high, channel.high);
  return {
    index: channel.index,
    name: typeof change.name === "string" && change.name ? change.name : channel.name,
    on: typeof change.on === "boolean" ? change.on : channel.on,
    color: parsed ?? channel.color,
    min,
    max,
    gamma: gamma > 0 ? gamma : channel.gamma,
    low: min < low ? min : low,
    high: max > high ? max : high,
  };
}

export function applyChanges(channels: readonly ChannelSettings[], changes: readonly ChannelChange[]): ChannelSettings[] {
  const byIndex = new Map(changes.map((change) => [change.index, change]));
  return channels.map((channel) => {
    const change = byIndex.get(channel.index);
    return change ? applyChange(channel, change) : channel;
  });
}

/** The data-settings attribute: `{"channels": [{"index": 0, …}], "z": 3, "t": 0}`, every part optional. */
export interface PageSettings {
  readonly channels: readonly ChannelChange[];
  readonly z?: number;
  readonly t?: number;
}

/** Anything malformed is left out: a wrong saved setting must not keep the image from being seen. */
export function parseSettings(text: string | undefined): PageSettings {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text || "{}");
  } catch {
    return { channels: [] };
  }
  if (typeof parsed !== "object" || parsed === null) return { channels: [] };
  const { channels, z, t } = parsed as Record<string, unknown>;
  const isChange = (value: unknown): value is ChannelChange =>
    typeof value === "object" && value !== null && Number.isInteger((value as ChannelChange).index);
  return {
    channels: Array.isArray(channels) ? channels.filter(isChange) : [],
    ...(typeof z === "number" ? { z } : {}),
    ...(typeof t === "number" ? { t } : {}),
  };
}
