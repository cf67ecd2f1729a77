/**
 * Small helps on any page, all of which works without them: `<button data-copy="#id" hidden>` copies a text or input,
 * `data-confirm` on a submit button asks once, a `details[data-menu]` closes on Escape or a click elsewhere, and
 * `details[data-fold-narrow]` starts closed on a narrow screen.
 */

const NARROW = "(max-width: 48rem)";
const COPIED_MS = 2000;

async function copy(button: HTMLButtonElement): Promise<void> {
  const source = document.querySelector(button.dataset["copy"] ?? "");
  if (!source) return;
  const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "");
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text.trim());
    button.textContent = `✓ ${label}`;
    setTimeout(() => (button.textContent = label), COPIED_MS);
  } catch {
    // The browser forbids it: select the text, so that one key press copies it.
    getSelection()?.selectAllChildren(source);
    if (source instanceof HTMLInputElement) source.select();
  }
}

export function startPages(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => void copy(button));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-confirm]")) {
    button.addEventListener("click", (event) => {
      if (!confirm(button.dataset["confirm"])) event.preventDefault();
    });
  }
  if (matchMedia(NARROW).matches) {
    for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[data-fold-narrow]")) fold.open = false;
  }
  const menus = document.querySelectorAll<HTMLDetailsElement>("details[data-menu]");
  document.addEventListener("click", ({ target }) => {
    for (const menu of menus) if (!menu.contains(target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const menu of menus) {
      if (menu.open && menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
      menu.open = false;
    }
  });
}
