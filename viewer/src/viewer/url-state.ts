/** The view in the address's fragment, so that a link shows what its sender saw. */
import { formatColor, parseColor, type ChannelChange, type ChannelSettings } from "./settings";

export interface UrlState {
  /** Only the channels that are on, each with colour, contrast and gamma; undefined when the link says nothing of them. */
  readonly channels?: readonly ChannelChange[];
  readonly z?: number;
  readonly t?: number;
  readonly x?: number;
  readonly y?: number;
  readonly zoom?: number;
}

// Seven significant digits hold any 16-bit value and any contrast a person can set.
const short = (value: number): string => String(Number(value.toPrecision(7))).replace("+", "");

export function formatState(state: {
  channels: readonly ChannelSettings[];
  z: number;
  t: number;
  x: number;
  y: number;
  zoom: number;
}): string {
  const { x, y, zoom, z, t } = state;
  const channels = state.channels
    .filter((channel) => channel.on)
    .map(({ index, color, min, max, gamma }) =>
      [index, formatColor(color).slice(1), short(min), short(max), short(gamma)].join("~"),
    );
  return `x=${short(x)}&y=${short(y)}&zoom=${short(zoom)}&z=${z}&t=${t}&on=${channels.join("_")}`;
}

function parseChannel(text: string): ChannelChange[] {
  const [index, color = "", min, max, gamma] = text.split("~");
  if (!index || !/^\d+$/.test(index)) return [];
  const numeric = (value: string | undefined) => (value ? Number(value) : NaN);
  const rgb = parseColor(color);
  const change = { index: Number(index), on: true, min: numeric(min), max: numeric(max), gamma: numeric(gamma) };
  return [rgb ? { ...change, color: rgb } : change];
}

/** Reads what formatState wrote; unknown or broken parts are left out. */
export function parseState(fragment: string): UrlState {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const found: Record<string, number> = {};
  for (const name of ["x", "y", "zoom", "z", "t"]) {
    const text = parameters.get(name);
    const value = Number(text);
    if (text && Number.isFinite(value)) found[name] = value;
  }
  const on = parameters.get("on");
  return on === null ? found : { ...found, channels: on.split("_").flatMap(parseChannel) };
}
