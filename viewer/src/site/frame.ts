/**
 * After a save the page around the form is out of date: the panel, the steps' marks, messages at fields, names in
 * lists, terms that the server recognised. The page is fetched again and these parts are taken from it; what is being
 * typed is never touched.
 */
import { isEmptyRow } from "./tables";
import { markTerm } from "./terms";

const WAIT_MS = 400;
let timer = 0;
let asked: AbortController | undefined;

export function refreshFrame(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void refresh(), WAIT_MS);
}

async function refresh(): Promise<void> {
  asked?.abort();
  asked = new AbortController();
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, signal: asked.signal });
    if (!response.ok || response.redirected) return;
    take(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // Superseded or offline: the next save asks again.
  }
}

function take(fresh: Document): void {
  for (const selector of ["#panel", ".deposit-steps"]) {
    const here = document.querySelector(selector);
    const there = fresh.querySelector(selector);
    if (!here || !there || here.contains(document.activeElement) || here.innerHTML === there.innerHTML) continue;
    const open = [...here.querySelectorAll("details")].map((one) => one.open);
    here.replaceChildren(...there.childNodes);
    here.querySelectorAll("details").forEach((one, index) => (one.open = open[index] ?? false));
  }
  for (const here of document.querySelectorAll<HTMLElement>(".entity")) {
    const there = fresh.getElementById(here.id);
    if (!there) continue;
    const [title, wanted] = [here.querySelector(":scope > summary"), there.querySelector(":scope > summary")];
    if (title && wanted) title.textContent = wanted.textContent;
    takeFields(here, there);
  }
}

function takeFields(here: Element, there: Element): void {
  for (const field of here.querySelectorAll<HTMLElement>(".field[data-path]")) {
    const other = there.querySelector(`[data-path="${field.dataset["path"]}"]`);
    if (!other) continue;
    const rows = (of: Element) => [...of.querySelectorAll("tbody tr")].filter((row) => !isEmptyRow(row));
    const others = rows(other);
    if (field.matches(".field-rows")) rows(field).forEach((row, index) => others[index] && takeControl(row, others[index]));
    else takeControl(field, other);
    for (const said of [":scope > .field-error", ":scope > .field-source"]) {
      const [note, wanted] = [field.querySelector(said), other.querySelector(said)];
      if (note && wanted) note.innerHTML = wanted.innerHTML;
    }
  }
}

/** Messages, options and terms of the controls in a field or row, but not of one that is being typed in. */
function takeControl(here: Element, there: Element): void {
  const find = (of: Element) => [...of.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), select, textarea")];
  const others = find(there);
  find(here).forEach((one, index) => {
    const other = others[index];
    if (!other || one === document.activeElement) return;
    if (one instanceof HTMLSelectElement) {
      const { value } = one;
      if (one.options.length !== (other as unknown as HTMLSelectElement).options.length) one.innerHTML = other.innerHTML;
      one.value = value;
    }
    if (one.value !== other.value) return;
    one.classList.toggle("is-invalid", other.matches(".is-invalid"));
    one.toggleAttribute("aria-invalid", false);
    if (other.hasAttribute("aria-invalid")) one.setAttribute("aria-invalid", "true");
    const [note, wanted] = [document.getElementById(`${one.id}-error`), there.querySelector(`[id="${other.id}-error"]`)];
    if (note && wanted) note.innerHTML = wanted.innerHTML;
    const term = one.closest(".term-input")?.querySelector<HTMLInputElement>("input[type=hidden]");
    const curie = other.closest(".term-input")?.querySelector<HTMLInputElement>("input[type=hidden]")?.value;
    if (term && curie && !term.value) {
      term.value = curie;
      markTerm(one);
    }
  });
}
