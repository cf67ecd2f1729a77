/** The channel panel: what is on, in which colour, with which contrast. Rows follow the viewer's state. */
import { element } from "../dom";
import { formatColor, type ChannelChange, type ChannelSettings } from "../settings";
import type { Translate } from "../texts";
import type { Viewer } from "../viewer";

const SEARCH_FROM = 13;
const STEPS = 1000;

interface Row {
  readonly root: HTMLLIElement;
  readonly value: HTMLOutputElement;
  show(channel: ChannelSettings): void;
}

/** A value as a person reads it: whole numbers whole, others with four digits. */
export const readable = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

function contrastControls(name: string, whole: boolean, change: (change: Omit<ChannelChange, "index">) => void, t: Translate) {
  const range = (label: string) => element("input", { type: "range", "aria-label": label });
  const field = (label: string) => element("input", { type: "number", "aria-label": label, step: whole ? 1 : "any" });
  const [lower, upper] = [range(t("minimum", { name })), range(t("maximum", { name }))];
  const [least, most] = [field(t("minimum", { name })), field(t("maximum", { name }))];
  const gamma = element("input", { type: "number", min: 0.1, max: 5, step: 0.1, "aria-label": t("gamma", { name }) });
  const rounded = (value: number) => (whole ? Math.round(value) : value);
  const smallest = (low: number, high: number) => (whole ? 1 : (high - low) / STEPS);
  const gap = () => smallest(Number(lower.min), Number(lower.max));
  lower.addEventListener("input", () => change({ min: Math.min(rounded(+lower.value), +upper.value - gap()) }));
  upper.addEventListener("input", () => change({ max: Math.max(rounded(+upper.value), +lower.value + gap()) }));
  least.addEventListener("change", () => least.value && change({ min: Math.min(+least.value, +most.value - gap()) }));
  most.addEventListener("change", () => most.value && change({ max: Math.max(+most.value, +least.value + gap()) }));
  gamma.addEventListener("change", () => +gamma.value > 0 && change({ gamma: +gamma.value }));
  const thumbs = element("div", { class: "viewer-thumbs" }, lower, upper);
  const show = ({ min, max, low, high, gamma: exponent }: ChannelSettings) => {
    if (Number.isNaN(min)) return;
    for (const [slider, value] of [[lower, min], [upper, max]] as const) {
      slider.min = String(low);
      slider.max = String(high);
      // Arrow keys move by a hundredth of the range, which must not round to nothing.
      slider.step = whole && high - low < STEPS ? "1" : "any";
      slider.value = String(value);
      slider.setAttribute("aria-valuetext", readable(value));
    }
    if (document.activeElement !== least) least.value = readable(min);
    if (document.activeElement !== most) most.value = readable(max);
    if (document.activeElement !== gamma) gamma.value = readable(exponent);
    thumbs.style.setProperty("--from", `${(100 * (min - low)) / (high - low || 1)}%`);
    thumbs.style.setProperty("--to", `${(100 * (max - low)) / (high - low || 1)}%`);
  };
  return { thumbs, least, most, gamma, show };
}

function channelRow(viewer: Viewer, first: ChannelSettings, t: Translate): Row {
  const { index, name } = first;
  const change = (settings: Omit<ChannelChange, "index">) => viewer.setChannels([{ index, ...settings }]);
  const on = element("input", { type: "checkbox", id: `viewer-channel-${index}` });
  const color = element("input", { type: "color", "aria-label": t("color", { name }) });
  const label = element("label", { for: on.id, title: name }, name);
  const value = element("output", { "aria-hidden": "true" });
  const auto = element("button", { type: "button", "aria-label": t("autoContrast", { name }) }, t("auto"));
  const controls = contrastControls(name, viewer.pyramid.type !== "float32", change, t);
  const gamma = element("label", { class: "viewer-gamma" }, t("gammaShort"), controls.gamma);
  const numbers = element("div", { class: "viewer-numbers" }, controls.least, auto, gamma, controls.most);
  const details = element("div", { class: "viewer-contrast", hidden: true }, controls.thumbs, numbers);
  const head = element("div", { class: "viewer-channel" }, on, color, label, value);
  on.addEventListener("change", () => change({ on: on.checked }));
  color.addEventListener("input", () => change({ color: color.value }));
  auto.addEventListener("click", () => void viewer.autoContrast([index]));
  const show = (channel: ChannelSettings) => {
    on.checked = channel.on;
    color.value = formatColor(channel.color);
    details.hidden = !channel.on;
    controls.show(channel);
  };
  show(first);
  return { root: element("li", {}, head, details), value, show };
}

export interface ChannelPanel {
  readonly root: HTMLElement;
  showValues(values: ReadonlyMap<number, number> | undefined): void;
}

export function channelPanel(viewer: Viewer, t: Translate): ChannelPanel {
  let shown = viewer.state.channels;
  const rows = shown.map((channel) => channelRow(viewer, channel, t));
  const count = element("p", { class: "viewer-count", role: "status" });
  const search = element("input", { type: "search", "aria-label": t("searchChannels"), placeholder: t("searchChannels") });
  const matches = (channel: ChannelSettings) => channel.name.toLowerCase().includes(search.value.trim().toLowerCase());
  const filter = () => shown.forEach((channel, i) => (rows[i]!.root.hidden = !matches(channel)));
  search.addEventListener("input", filter);
  const all = (on: boolean) => {
    const button = element("button", { type: "button" }, t(on ? "allOn" : "allOff"));
    const found = () => shown.filter(matches).map(({ index }) => ({ index, on }));
    button.addEventListener("click", () => viewer.setChannels(found()));
    return button;
  };
  const describe = () => {
    const on = shown.filter((channel) => channel.on).length;
    const limit = viewer.channelLimit;
    count.textContent = on > limit ? t("tooManyChannels", { limit }) : t("channelCount", { on, count: shown.length });
  };
  viewer.addEventListener("change", () => {
    const before = shown;
    shown = viewer.state.channels;
    if (shown === before) return;
    shown.forEach((channel, i) => channel !== before[i] && rows[i]!.show(channel));
    describe();
  });
  describe();
  const tools = element("div", { class: "viewer-channel-tools" }, count, all(true), all(false));
  const list = element("ul", { class: "viewer-channels" }, ...rows.map((row) => row.root));
  const head = shown.length >= SEARCH_FROM ? [search, tools] : [tools];
  return {
    root: element("div", { class: "viewer-panel-body" }, ...head, list),
    showValues: (values) =>
      rows.forEach((row, i) => {
        const value = values?.get(i);
        row.value.textContent = value === undefined ? "" : readable(value);
      }),
  };
}
