/** Mounts the viewer on `#viewer`. Attributes: data-source (folder address), data-version, data-settings (JSON). */
import "./viewer.css";
import { untilHere } from "./archive";
import { element, icon } from "./dom";
import { listenToKeys } from "./keys";
import { openPyramid, SourceError } from "./omezarr";
import { channelPanel } from "./panels/channels";
import { positionPanel } from "./panels/position";
import { helpDialog, toolBar, type Actions } from "./panels/tools";
import { scaleBar } from "./scale-bar";
import { applyChanges, defaultChannels, parseSettings } from "./settings";
import { translator, type TextKey, type Translate } from "./texts";
import { formatState, parseState } from "./url-state";
import { Viewer } from "./viewer";
import { axisSize, type Pyramid } from "./omezarr";

declare global {
  interface Window {
    vitrineViewer?: Viewer;
  }
}

const FOLD = "M2 3h12v2H2zM2 7h12v2H2zM2 11h12v2H2z";
const REMEMBER_MS = 400;
const NARROW = "(max-width: 640px)";

function hasWebgl(): boolean {
  return document.createElement("canvas").getContext("webgl2") !== null;
}

function describeError(error: unknown, t: Translate): string {
  if (error instanceof SourceError) return t(error.reason, { detail: error.detail });
  const message = error instanceof Error ? error.message : String(error);
  if (message === "contextLost") return t("contextLost");
  return t("unknownError", { detail: message });
}

/** An alert over the image, with a button that tries again where that can help. */
function showError(root: HTMLElement, text: string, t: Translate, retry?: () => void): void {
  root.querySelector(".viewer-error")?.remove();
  const alert = element("div", { class: "viewer-error", role: "alert" }, element("p", {}, text));
  if (retry) {
    const button = element("button", { type: "button" }, t("retry"));
    button.addEventListener("click", () => {
      alert.remove();
      retry();
    });
    alert.append(button);
  }
  root.append(alert);
}

function startState(pyramid: Pyramid, settingsText: string | undefined) {
  const settings = parseSettings(settingsText);
  const link = parseState(location.hash);
  let channels = applyChanges(defaultChannels(pyramid), settings.channels);
  if (link.channels) {
    const off = channels.map((channel) => ({ ...channel, on: false }));
    channels = applyChanges(off, link.channels);
  }
  const place = (axis: "z" | "t", chosen: (number | undefined)[]) => {
    const last = axisSize(pyramid, axis) - 1;
    const wanted = chosen.find((value) => value !== undefined) ?? (axis === "z" ? Math.floor(last / 2) : 0);
    return Math.min(Math.max(0, Math.round(wanted)), last);
  };
  const z = place("z", [link.z, settings.z, pyramid.defaultZ]);
  const t = place("t", [link.t, settings.t, pyramid.defaultT]);
  const { x, y, zoom } = link;
  const view = x !== undefined && y !== undefined && zoom !== undefined ? { x, y, zoom } : {};
  return { channels, z, t, ...view };
}

/** Keeps the address up to date without adding to the history, after the first change a person makes. */
function rememberInAddress(viewer: Viewer, signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => history.replaceState(history.state, "", "#" + formatState(viewer.state));
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(write, REMEMBER_MS);
  };
  viewer.addEventListener("change", later, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return write;
}

function makeActions(root: HTMLElement, viewer: Viewer, dialog: HTMLDialogElement): Actions {
  return {
    zoomBy: (step) => viewer.setView({ zoom: viewer.state.zoom + step }),
    actualSize: () => viewer.setView({ zoom: -Math.log2(window.devicePixelRatio || 1) }),
    fullScreen: () => void (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()),
    help: () => dialog.showModal(),
  };
}

function foldingPanel(body: HTMLElement, t: Translate): HTMLElement {
  const open = !matchMedia(NARROW).matches;
  body.id = "viewer-channel-panel";
  body.hidden = !open;
  const toggle = element(
    "button",
    { type: "button", class: "viewer-fold", "aria-expanded": String(open), "aria-controls": body.id, title: t("showChannels") },
    icon(FOLD),
    t("channels"),
  );
  toggle.addEventListener("click", () => {
    body.hidden = !body.hidden;
    toggle.setAttribute("aria-expanded", String(!body.hidden));
  });
  return element("section", { class: "viewer-panel", "aria-label": t("channels") }, toggle, body);
}

function showProgress(root: HTMLElement, viewer: Viewer, loading: HTMLElement, t: Translate): void {
  const { pending } = viewer;
  root.dataset["pending"] = String(pending);
  if (pending === 0 && root.dataset["state"] === "loading") root.dataset["state"] = "ready";
  loading.hidden = pending === 0;
  loading.textContent = pending ? t("loading", { count: pending }) : "";
}

function showScale(viewer: Viewer, bar: HTMLElement): void {
  const axis = viewer.pyramid.axes.find(({ name }) => name === "x")!;
  const { pixels, label } = scaleBar(axis.step, axis.unit, viewer.state.zoom);
  bar.style.width = `${pixels}px`;
  bar.textContent = label;
}

function build(root: HTMLElement, pyramid: Pyramid, t: Translate): void {
  const closing = new AbortController();
  const { signal } = closing;
  const canvas = element("div", { class: "viewer-canvas" });
  const stage = element("div", { class: "viewer-stage", tabindex: 0, role: "application", "aria-label": t("image") }, canvas);
  root.replaceChildren(stage);
  const viewer = new Viewer(pyramid, canvas, startState(pyramid, root.dataset["settings"]));
  window.vitrineViewer = viewer;
  const remember = rememberInAddress(viewer, signal);
  const dialog = helpDialog(t);
  const actions = makeActions(root, viewer, dialog);
  const channels = channelPanel(viewer, t);
  const loading = element("p", { class: "viewer-loading" });
  const said = element("p", { class: "viewer-said", role: "status" });
  const scale = element("div", { class: "viewer-scale" });
  const readout = element("output", { class: "viewer-readout", "aria-hidden": "true" });
  const say = (text: string) => {
    said.textContent = text;
    setTimeout(() => (said.textContent = ""), 4000);
  };
  const position = positionPanel(viewer, t);
  const tools = toolBar(viewer, actions, remember, say, t);
  const marks = element("div", { class: "viewer-marks" }, readout, scale);
  const panels = [foldingPanel(channels.root, t), tools, marks, ...(position ? [position] : [])];
  stage.after(element("div", { class: "viewer-overlay" }, ...panels), loading, said, dialog);
  viewer.addEventListener("progress", () => showProgress(root, viewer, loading, t));
  viewer.addEventListener("change", () => showScale(viewer, scale));
  viewer.addEventListener("failure", (event) => {
    const { detail } = event as CustomEvent<unknown>;
    const lost = detail instanceof Error && detail.message === "contextLost";
    const again = () => {
      if (!lost) return viewer.retry();
      closing.abort();
      viewer.destroy();
      void mount(root, t);
    };
    showError(root, describeError(detail, t), t, again);
  });
  stage.addEventListener("pointermove", ({ clientX, clientY }) => {
    const under = viewer.valuesAt(clientX, clientY);
    channels.showValues(under?.values);
    readout.textContent = under ? `x ${under.x}  y ${under.y}` : "";
  });
  stage.addEventListener("pointerleave", () => channels.showValues(undefined));
  listenToKeys(root, viewer, actions, signal);
  showScale(viewer, scale);
}

/** Opens the image; one that lies in the archive when it has been fetched. */
async function openWhenHere(root: HTMLElement, source: string, t: Translate): Promise<Pyramid> {
  const version = root.dataset["version"] ?? "0.5";
  try {
    return await openPyramid(source, version);
  } catch (error) {
    if (!(error instanceof SourceError && error.reason === "archived")) throw error;
  }
  const told = element("p", { class: "viewer-loading", role: "status" });
  root.replaceChildren(told);
  const show = (share: number) => (told.textContent = t("coming", { percent: Math.round(100 * share) }));
  await untilHere(source, show);
  return openPyramid(source, version);
}

async function mount(root: HTMLElement, t: Translate): Promise<void> {
  root.dataset["state"] = "loading";
  root.dataset["pending"] = "0";
  const fail = (key: TextKey) => {
    root.dataset["state"] = "error";
    showError(root, t(key), t);
  };
  if (!hasWebgl()) return fail("noWebgl");
  root.replaceChildren(element("p", { class: "viewer-loading", role: "status" }, t("opening")));
  const source = new URL(root.dataset["source"] ?? "", document.baseURI).href;
  try {
    build(root, await openWhenHere(root, source, t), t);
  } catch (error) {
    root.dataset["state"] = "error";
    root.replaceChildren();
    showError(root, describeError(error, t), t, () => void mount(root, t));
  }
}

const root = document.querySelector<HTMLElement>("#viewer");
if (root) {
  root.classList.add("viewer");
  void mount(root, translator(document.querySelector("#viewer-texts")?.textContent ?? undefined));
}
