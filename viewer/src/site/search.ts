/**
 * Helps for searching, all of which works without them: suggestions below the search box (`[data-search]`) and the
 * rows of attributes (`[data-suggest]`), rows that are added and removed in place (`form[data-builder]`), and a field
 * that looks through a long facet (`[data-facet-filter]`).
 */
import { Combobox, items, type Offer } from "./combobox";
import { element } from "./texts";

interface Suggestion {
  label: string;
  kind: string;
  insert: string;
  start: number;
  count: number | null;
  url: string;
  is_estimated: boolean;
}

const WAIT_MS = 120;
const FIELDS = "[data-search], [data-suggest]";

let combobox: Combobox;

const cursor = (of: HTMLInputElement) => of.selectionStart ?? of.value.length;

/** What is asked for a field: what stands before the cursor of the box, or an attribute's name or value. */
function question(of: HTMLInputElement): Record<string, string> | undefined {
  const row = of.closest(".builder-row");
  if (!row) {
    const q = of.value.slice(0, cursor(of));
    return q.trim() ? { q } : undefined;
  }
  const name = row.querySelector<HTMLInputElement>("[data-suggest=name]")!.value.trim();
  if (of.dataset["suggest"] === "name") return { name };
  return name ? { name, value: of.value } : undefined;
}

function take(of: HTMLInputElement, { insert, start, url }: Suggestion): void {
  if (url) {
    location.href = url;
    return;
  }
  const after = of.value.slice(of.matches("[data-search]") ? cursor(of) : of.value.length);
  of.value = of.value.slice(0, start) + insert + after.trimStart();
  of.setSelectionRange(start + insert.length, start + insert.length);
  if (/[:=]$/.test(insert)) void combobox.ask();
}

function shown({ label, kind, count, is_estimated }: Suggestion): Node[] {
  const parts = [element("span", { className: "term-label" }, label)];
  if (kind) parts.push(element("span", { className: "term-curie-small" }, kind));
  if (count !== null) parts.push(element("span", { className: "count" }, (is_estimated ? "~" : "") + count.toLocaleString("en")));
  return parts;
}

async function offers(of: HTMLInputElement, signal: AbortSignal): Promise<Offer[] | undefined> {
  const wanted = question(of);
  const found = wanted && (await items<Suggestion>(`/search/suggest?${new URLSearchParams(wanted)}`, signal));
  return found?.map((one) => ({ shown: shown(one), take: (into) => take(into, one) }));
}

function startSuggestions(): void {
  const box = document.querySelector<HTMLElement>("[data-search]")?.dataset;
  const said = box?.["suggestions"] ?? "";
  combobox = new Combobox(
    {
      id: "search-list",
      className: "term-list search-list",
      label: box?.["listLabel"] ?? "",
      fields: FIELDS,
      wait: () => WAIT_MS,
      offers,
      count: (found) => (found ? said.replace("{count}", String(found)) : ""),
    },
    document.body,
  );
  document.addEventListener("focusin", ({ target }) => {
    if ((target as Element).matches("[data-suggest]")) void combobox.ask(); // what there is, before anything is typed
  });
  // The browser's own lists are for those without scripts.
  for (const one of document.querySelectorAll(FIELDS)) one.removeAttribute("list");
}

const rowsOf = (form: Element) => [...form.querySelectorAll<HTMLElement>(".builder-row")];

/** Numbers the rows' fields; only one row cannot be removed, and the first is joined to nothing. */
function number(form: Element): void {
  const rows = rowsOf(form);
  rows.forEach((row, index) => {
    for (const one of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[name]")) {
      one.name = one.name.replace(/\d+$/, String(index));
    }
    const joint = row.querySelector<HTMLSelectElement>(".builder-joint select")!;
    joint.hidden = joint.disabled = index === 0;
    row.querySelector<HTMLButtonElement>("[data-remove-row]")!.hidden = rows.length === 1;
  });
}

function addRow(form: Element): void {
  const last = rowsOf(form).at(-1)!;
  const row = last.cloneNode(true) as HTMLElement;
  row.querySelector(".field-error")?.remove();
  for (const one of row.querySelectorAll("input")) {
    one.value = "";
    one.removeAttribute("aria-invalid");
    one.removeAttribute("aria-describedby");
  }
  for (const one of row.querySelectorAll("select")) one.selectedIndex = 0;
  last.after(row);
  number(form);
  row.querySelector("input")!.focus();
}

function startBuilder(form: HTMLFormElement): void {
  number(form);
  form.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-add-row]")) {
      event.preventDefault();
      addRow(form);
    }
    const removed = target.closest("[data-remove-row]")?.closest(".builder-row");
    if (!removed) return;
    removed.remove();
    number(form);
    rowsOf(form).at(-1)!.querySelector("input")!.focus();
  });
}

/** Shows only the values that hold the text, and those above them. */
function filter(field: HTMLInputElement): void {
  const facet = field.closest("details.facet")!;
  const text = field.value.trim().toLowerCase();
  for (const one of facet.querySelectorAll("li")) one.hidden = !(one.textContent ?? "").toLowerCase().includes(text);
  for (const more of facet.querySelectorAll<HTMLDetailsElement>(".facet-more, .facet-below")) {
    more.dataset["was"] ??= more.open ? "open" : "";
    more.open = text ? !!more.querySelector("li:not([hidden])") : more.dataset["was"] === "open";
    more.hidden = text !== "" && !more.open;
  }
}

export function startSearch(): void {
  startSuggestions();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-builder]")) startBuilder(form);
  for (const field of document.querySelectorAll<HTMLInputElement>("[data-facet-filter]")) {
    field.hidden = false;
    field.addEventListener("input", () => filter(field));
  }
}
