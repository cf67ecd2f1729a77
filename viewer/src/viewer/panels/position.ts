/** The z and t sliders, each with a play button. */
import { element, icon } from "../dom";
import { axisSize } from "../omezarr";
import type { Translate } from "../texts";
import type { Viewer } from "../viewer";

const FRAME_MS = 150;
const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";

function axisSlider(viewer: Viewer, axis: "z" | "t", count: number, t: Translate): HTMLElement {
  const slider = element("input", { type: "range", min: 0, max: count - 1, step: 1, "aria-label": t(`${axis}Slider`) });
  const output = element("output", {});
  const play = element("button", { type: "button", class: "viewer-button" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    const value = t("ofCount", { value: viewer.state[axis] + 1, count });
    slider.value = String(viewer.state[axis]);
    slider.setAttribute("aria-valuetext", value);
    output.textContent = value;
  };
  const label = () => {
    const text = t(timer === undefined ? "play" : "pause", { axis: t(axis) });
    play.setAttribute("aria-label", text);
    play.title = text;
    play.replaceChildren(icon(timer === undefined ? PLAY : PAUSE));
  };
  // The next plane is asked for only when this one is drawn, so a slow line plays slowly and misses nothing.
  const step = () => {
    if (viewer.pending === 0) viewer.setZT({ [axis]: (viewer.state[axis] + 1) % count });
    timer = setTimeout(step, FRAME_MS);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    label();
  };
  play.addEventListener("click", () => {
    if (timer !== undefined) return stop();
    timer = setTimeout(step, 0);
    label();
  });
  slider.addEventListener("input", () => {
    stop();
    viewer.setZT({ [axis]: Number(slider.value) });
  });
  viewer.addEventListener("change", show);
  viewer.addEventListener("closed", stop);
  show();
  label();
  return element("div", { class: "viewer-axis" }, element("span", { "aria-hidden": "true" }, t(axis)), play, slider, output);
}

/** Undefined when the image has one plane and one time point. */
export function positionPanel(viewer: Viewer, t: Translate): HTMLElement | undefined {
  const axes = (["z", "t"] as const).filter((axis) => axisSize(viewer.pyramid, axis) > 1);
  if (axes.length === 0) return undefined;
  const sliders = axes.map((axis) => axisSlider(viewer, axis, axisSize(viewer.pyramid, axis), t));
  return element("section", { class: "viewer-position", "aria-label": t("position") }, ...sliders);
}
