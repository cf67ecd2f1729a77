/**
 * Ontology terms in text fields: `.term-input` with `data-vocabulary` holds a text input, a hidden input for the CURIE
 * and a `.term-mark`. Becomes a combobox (ARIA 1.2) with one list for the page. Free text stays allowed and is marked.
 */
import { element, say } from "./texts";

interface Term {
  curie: string;
  label: string;
  synonym: string;
  definition: string;
  path: string[];
  obsolete: boolean;
}

const WAIT_MS = 150;
const LIST_ID = "term-list";
const DEFINITION_LENGTH = 140;

let list: HTMLUListElement;
let status: HTMLElement;
let input: HTMLInputElement | undefined;
let found: Term[] = [];
let active = -1;
let timer = 0;
let asked: AbortController | undefined;

const box = (of: HTMLElement) => of.closest<HTMLElement>(".term-input")!;
const hidden = (of: HTMLElement) => box(of).querySelector<HTMLInputElement>("input[type=hidden]")!;

/** Shows below the field which term its text stands for, or that it stands for none. */
export function markTerm(of: HTMLElement): void {
  const text = box(of).querySelector<HTMLInputElement>("input:not([type=hidden])")!.value.trim();
  const mark = box(of).querySelector<HTMLElement>(".term-mark")!;
  const curie = hidden(of).value;
  mark.textContent = curie || (text && say("notMapped"));
  mark.dataset["mapped"] = curie ? "yes" : "no";
}

/** Makes comboboxes of the term fields below `root`. */
export function prepareTerms(root: ParentNode): void {
  for (const one of root.querySelectorAll<HTMLInputElement>(".term-input > input:not([type=hidden])")) {
    one.setAttribute("role", "combobox");
    one.setAttribute("aria-autocomplete", "list");
    one.setAttribute("aria-expanded", "false");
    one.setAttribute("aria-controls", LIST_ID);
  }
}

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
  const { left, bottom, top, width } = input.getBoundingClientRect();
  const wide = Math.min(Math.max(width, 320), innerWidth - 16);
  list.style.width = `${wide}px`;
  list.style.left = `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`;
  const below = innerHeight - bottom > 220 || top < 220;
  list.style.top = below ? `${bottom + 2}px` : "auto";
  list.style.bottom = below ? "auto" : `${innerHeight - top + 2}px`;
}

/** The definition's beginning, to a whole word; the list has place for two lines of it. */
function shortened(definition: string): string {
  if (definition.length <= DEFINITION_LENGTH) return definition;
  return `${definition.slice(0, DEFINITION_LENGTH).replace(/\s+\S*$/, "")}…`;
}

function show(): void {
  list.replaceChildren(
    ...found.map((term, index) => {
      const facts = [term.synonym && say("alsoCalled", { name: term.synonym }), term.path.slice(-3).join(" › ")];
      const one = element(
        "li",
        { id: `${LIST_ID}-${index}`, role: "option" },
        element("span", { className: "term-label" }, term.label),
        element("span", { className: "mono term-curie-small" }, term.obsolete ? `${term.curie} (${say("obsolete")})` : term.curie),
        element("span", { className: "term-facts" }, facts.filter(Boolean).join(" · ")),
        element("span", { className: "term-facts" }, shortened(term.definition)),
      );
      one.setAttribute("aria-selected", "false");
      return one;
    }),
  );
  status.textContent = found.length ? say("termsFound", { count: found.length }) : say("noTerms");
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

async function ask(): Promise<void> {
  const of = input!;
  const text = of.value.trim();
  asked?.abort();
  if (!text) {
    found = [];
    return close();
  }
  asked = new AbortController();
  const query = new URLSearchParams({ binding: box(of).dataset["vocabulary"] ?? "", q: text });
  try {
    const response = await fetch(`/api/v1/terms?${query}`, { signal: asked.signal });
    if (!response.ok || input !== of || document.activeElement !== of) return;
    found = ((await response.json()) as { items: Term[] }).items;
    show();
  } catch {
    // Superseded, or offline: the field still takes free text.
  }
}

function choose(term: Term): void {
  const of = input!;
  close();
  of.value = term.label;
  hidden(of).value = term.curie;
  markTerm(of);
  of.dispatchEvent(new CustomEvent("term-chosen", { bubbles: true }));
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

export function startTerms(root: HTMLElement): void {
  list = element("ul", { id: LIST_ID, className: "term-list", role: "listbox", popover: "manual" });
  list.setAttribute("aria-label", say("suggestions"));
  status = element("div", { className: "visually-hidden", role: "status" });
  document.body.append(list, status);
  prepareTerms(root);
  root.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLInputElement && target.matches("[role=combobox]")) input = target;
  });
  root.addEventListener("focusout", ({ target }) => target === input && close());
  root.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches("[role=combobox]")) return;
    input = target;
    hidden(target).value = "";
    markTerm(target);
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), WAIT_MS);
  });
  root.addEventListener("keydown", onKey);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
  list.addEventListener("click", ({ target }) => {
    const index = [...list.children].indexOf((target as Element).closest("li")!);
    if (found[index]) choose(found[index]);
  });
  addEventListener("scroll", place, { capture: true, passive: true });
  addEventListener("resize", place);
}
