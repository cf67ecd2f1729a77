/** The tool bar over the image, and the dialog that lists the keys. */
import { element, iconButton } from "../dom";
import type { TextKey, Translate } from "../texts";
import type { Viewer } from "../viewer";

const ICONS = {
  plus: "M7 2h2v5h5v2H9v5H7V9H2V7h5z",
  minus: "M2 7h12v2H2z",
  fit: "M2 2h5v2H4v3H2zM9 2h5v5h-2V4H9zM2 9h2v3h3v2H2zM12 9h2v5H9v-2h3z",
  full: "M1 1h6v2H4.4l3 3L6 7.4l-3-3V7H1zM15 15H9v-2h2.6l-3-3L10 8.6l3 3V9h2z",
  link: "M6 4H4a4 4 0 0 0 0 8h2v-2H4a2 2 0 0 1 0-4h2zm4 0h2a4 4 0 0 1 0 8h-2v-2h2a2 2 0 0 0 0-4h-2zM5 7h6v2H5z",
  figure: "M2 2h12v12H2zm2 2v6l2.5-2.5L9 10l2-2 1 1V4z",
  help: "M5 6a3 3 0 1 1 4 2.8V10H7V7.5h1A1.5 1.5 0 1 0 6.5 6zM7 11.5h2v2H7z",
};

const KEYS: readonly (readonly [keys: string, text: TextKey])[] = [
  ["← ↑ → ↓", "keyPan"],
  ["+ −", "keyZoom"],
  ["0", "keyFit"],
  ["[ ]", "keyZ"],
  [", .", "keyT"],
  ["1 – 9", "keyChannels"],
  ["f", "keyFull"],
  ["?", "keyHelp"],
];

export function helpDialog(t: Translate): HTMLDialogElement {
  const lines = KEYS.flatMap(([keys, text]) => [
    element("dt", {}, element("kbd", {}, keys)),
    element("dd", {}, t(text)),
  ]);
  const close = element("button", { type: "submit" }, t("close"));
  const form = element("form", { method: "dialog" }, element("dl", { class: "viewer-keys" }, ...lines), close);
  return element("dialog", { class: "viewer-help", "aria-labelledby": "viewer-help-title" },
    element("h2", { id: "viewer-help-title" }, t("help")), form);
}

export interface Actions {
  readonly zoomBy: (step: number) => void;
  readonly actualSize: () => void;
  readonly fullScreen: () => void;
  readonly help: () => void;
}

async function saveFigure(viewer: Viewer): Promise<void> {
  await viewer.whenIdle();
  const address = URL.createObjectURL(await viewer.snapshot());
  element("a", { href: address, download: `${viewer.pyramid.name || "image"}.png` }).click();
  URL.revokeObjectURL(address);
}

async function copyLink(say: (text: string) => void, t: Translate): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    say(t("linkCopied"));
  } catch {
    say(t("linkNotCopied"));
  }
}

/** `remember` writes the view to the address before the link is taken from it. */
export function toolBar(viewer: Viewer, actions: Actions, remember: () => void, say: (text: string) => void, t: Translate) {
  const link = () => {
    remember();
    void copyLink(say, t);
  };
  const actual = element("button", { type: "button", class: "viewer-button", "aria-label": t("actualSize"), title: t("actualSize") }, "1:1");
  actual.addEventListener("click", actions.actualSize);
  return element(
    "div",
    { class: "viewer-tools", role: "group", "aria-label": t("tools") },
    iconButton(ICONS.plus, t("zoomIn"), () => actions.zoomBy(1)),
    iconButton(ICONS.minus, t("zoomOut"), () => actions.zoomBy(-1)),
    iconButton(ICONS.fit, t("fit"), () => viewer.fit()),
    actual,
    iconButton(ICONS.link, t("copyLink"), link),
    iconButton(ICONS.figure, t("figure"), () => void saveFigure(viewer)),
    iconButton(ICONS.full, t("fullScreen"), actions.fullScreen),
    iconButton(ICONS.help, t("help"), actions.help),
  );
}
