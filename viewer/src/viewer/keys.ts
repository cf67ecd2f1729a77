/** Keys of the viewer. They act while the focus is in the viewer, or nowhere unless single keys are turned off. */
import type { Actions } from "./panels/tools";
import type { Viewer } from "./viewer";

const PAN = 0.2;

function run(key: string, viewer: Viewer, actions: Actions): boolean {
  const { z, t, channels } = viewer.state;
  const table: Record<string, () => void> = {
    ArrowLeft: () => viewer.pan(-PAN, 0),
    ArrowRight: () => viewer.pan(PAN, 0),
    ArrowUp: () => viewer.pan(0, -PAN),
    ArrowDown: () => viewer.pan(0, PAN),
    "+": () => actions.zoomBy(1),
    "=": () => actions.zoomBy(1),
    "-": () => actions.zoomBy(-1),
    "0": () => viewer.fit(),
    "[": () => viewer.setZT({ z: z - 1 }),
    "]": () => viewer.setZT({ z: z + 1 }),
    ",": () => viewer.setZT({ t: t - 1 }),
    ".": () => viewer.setZT({ t: t + 1 }),
    f: actions.fullScreen,
    "?": actions.help,
  };
  const channel = /^[1-9]$/.test(key) ? channels[Number(key) - 1] : undefined;
  const action = channel ? () => viewer.setChannels([{ index: channel.index, on: !channel.on }]) : table[key];
  action?.();
  return action !== undefined;
}

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable], dialog";

export function listenToKeys(root: HTMLElement, viewer: Viewer, actions: Actions, signal: AbortSignal): void {
  const onKey = (event: KeyboardEvent) => {
    const target = event.target as Element;
    const nowhere = target === document.body && document.documentElement.dataset["keys"] !== "off";
    if (event.ctrlKey || event.metaKey || event.altKey || !(nowhere || root.contains(target))) return;
    if (target.closest(TYPING)) return;
    if (run(event.key, viewer, actions)) event.preventDefault();
  };
  // Capturing, so that the site's own "?" sees that the key is taken.
  document.addEventListener("keydown", onKey, { capture: true, signal });
}
