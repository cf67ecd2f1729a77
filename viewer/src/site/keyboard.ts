/**
 * `/` goes to the search box (`[data-search]`), `?` opens `<dialog id="keyboard-help">`. A check box
 * `[data-keys-toggle]` in it turns single keys off, as WCAG 2.1.4 asks; kept in the browser only.
 */

const KEY = "keys";
const TYPING = "input, textarea, select, [contenteditable]";

export function startKeyboard(): void {
  const root = document.documentElement;
  const help = document.querySelector<HTMLDialogElement>("dialog#keyboard-help");
  const show = () => {
    root.dataset["keys"] = localStorage.getItem(KEY) === "off" ? "off" : "on";
    for (const box of document.querySelectorAll<HTMLInputElement>("[data-keys-toggle]")) {
      box.checked = root.dataset["keys"] === "on";
    }
  };
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches("[data-keys-toggle]")) return;
    localStorage.setItem(KEY, target.checked ? "on" : "off");
    show();
  });
  for (const button of document.querySelectorAll("[data-keys-help]")) {
    button.addEventListener("click", () => help?.showModal());
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || root.dataset["keys"] === "off") return;
    if ((target as Element).closest(TYPING)) return;
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (key === "?" && help && !help.open) {
      event.preventDefault();
      help.showModal();
    }
  });
  show();
}
