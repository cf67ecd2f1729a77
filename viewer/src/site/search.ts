/**
 * Helps for searching, all of which works without them: suggestions below the search box (`[data-search]`) and the
 * rows of attributes (`[data-suggest]`) as comboboxes (ARIA 1.2) with one list for the page, rows that are added and
 * removed in place (`form[data-builder]`), and a field that looks through a long facet (`[data-facet-filter]`).
 */
import { element } from "./texts";

interface Suggestion {
  label: string;
  kind: string;
  insert: string;
  start: number;
  count: number | null;
  url: string;
}

const WAIT_MS = 120;
const LIST_ID = "search-list";
const FIELDS = "[data-search], [data-suggest]";

let list: HTMLUListElement;
let status: HTMLElement;
let input: HTMLInputElement | undefined;
let found: Suggestion[] = [];
let active = -1;
let timer = 0;
let asked: AbortController | undefined;

function close(): void {
  clearTimeout(timer);
  asked?.abort();
  if (list.matches(":popover-open")) list.hidePopover();
  input?.setAttribute("aria-expanded", "false");
  input?.removeAttribute("aria-activedescendant");
  active = -1;
}

function place(): void {
  if (!input || !list.matches(":popover-open")) return;
  const { left, bottom, width } = input.getBoundingClientRect();
  const wide = Math.min(Math.max(width, 280), innerWidth - 16);
  list.style.width = `${wide}px`;
  list.style.left = `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`;
  list.style.top = `${bottom + 2}px`;
}

function show(): void {
  list.replaceChildren(
    ...found.map(({ label, kind, count }, index) => {
      const one = element("li", { id: `${LIST_ID}-${index}`, role: "option" }, element("span", { className: "term-label" }, label));
      if (kind) one.append(element("span", { className: "term-curie-small" }, kind));
      if (count !== null) one.append(element("span", { className: "count" }, count.toLocaleString("en")));
      one.setAttribute("aria-selected", "false");
      return one;
    }),
  );
  const said = document.querySelector<HTMLElement>("[data-suggestions]")?.dataset["suggestions"] ?? "";
  status.textContent = found.length ? said.replace("{count}", String(found.length)) : "";
  if (!found.length) return close();
  if (!list.matches(":popover-open")) list.showPopover();
  input!.setAttribute("aria-expanded", "true");
  activate(-1);
  place();
}

function activate(index: number): void {
  active = index;
  for (const [place, one] of [...list.children].entries()) one.setAttribute("aria-selected", String(place === index));
  const one = list.children[index];
  if (one) {
    input!.setAttribute("aria-activedescendant", one.id);
    one.scrollIntoView({ block: "nearest" });
  } else input!.removeAttribute("aria-activedescendant");
}

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

async function ask(): Promise<void> {
  const of = input!;
  asked?.abort();
  const wanted = question(of);
  if (!wanted) {
    found = [];
    return close();
  }
  asked = new AbortController();
  try {
    const { signal } = asked;
    const response = await fetch(`/search/suggest?${new URLSearchParams(wanted)}`, { signal, headers: { Accept: "application/json" } });
    const items = response.ok ? ((await response.json()) as { items: Suggestion[] }).items : [];
    if (input !== of || document.activeElement !== of) return;
    found = items;
    show();
  } catch {
    // Superseded, or offline: what is typed can be sent all the same.
  }
}

function choose({ insert, start, url }: Suggestion): void {
  const of = input!;
  close();
  if (url) {
    location.href = url;
    return;
  }
  const after = of.value.slice(of.matches("[data-search]") ? cursor(of) : of.value.length);
  of.value = of.value.slice(0, start) + insert + after.trimStart();
  of.setSelectionRange(start + insert.length, start + insert.length);
  if (/[:=]$/.test(insert)) void ask();
}

function onKey(event: KeyboardEvent): void {
  if (event.target !== input || event.isComposing) return;
  const open = list.matches(":popover-open");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) return void ask();
    const step = event.key === "ArrowDown" ? 1 : -1;
    activate(((active + 1 + step + found.length + 1) % (found.length + 1)) - 1);
  } else if (event.key === "Enter" && open && active >= 0) {
    event.preventDefault();
    choose(found[active]!);
  } else if (event.key === "Escape" && open) {
    event.preventDefault();
    event.stopPropagation();
    close();
  }
}

function prepare(root: ParentNode): void {
  for (const one of root.querySelectorAll<HTMLInputElement>(FIELDS)) {
    one.setAttribute("role", "combobox");
    one.setAttribute("aria-autocomplete", "list");
    one.setAttribute("aria-expanded", "false");
    one.setAttribute("aria-controls", LIST_ID);
    one.removeAttribute("list"); // the browser's own, for those without scripts
  }
}

function startSuggestions(): void {
  list = element("ul", { id: LIST_ID, className: "term-list search-list", role: "listbox", popover: "manual" });
  list.setAttribute("aria-label", document.querySelector<HTMLElement>("[data-list-label]")?.dataset["listLabel"] ?? "");
  status = element("div", { className: "visually-hidden", role: "status" });
  document.body.append(list, status);
  prepare(document);
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches(FIELDS)) return;
    input = target;
    if (target.dataset["suggest"]) void ask(); // what there is, before anything is typed
  });
  document.addEventListener("focusout", ({ target }) => target === input && close());
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches(FIELDS)) return;
    input = target;
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), WAIT_MS);
  });
  document.addEventListener("keydown", onKey);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", ({ target }) => {
    const index = [...list.children].indexOf((target as Element).closest("li")!);
    if (found[index]) choose(found[index]);
  });
  addEventListener("scroll", place, { capture: true, passive: true });
  addEventListener("resize", place);
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
