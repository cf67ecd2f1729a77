/**
 * Suggestions below text fields, as comboboxes (ARIA 1.2) with one list for the page. `.term-input` with
 * `data-vocabulary` holds a text input, a hidden input for the CURIE and a `.term-mark`; free text stays allowed and is
 * marked. `.lookup-input` with `data-lookup` offers names of an outside register; the form fills in what is chosen.
 */
import { element, say } from "./texts";

interface Term {
  curie: string;
  label: string;
  synonym: string;
  scope: string;
  definition: string;
  path: string[];
  obsolete: boolean;
}

interface Name {
  choice: string;
  label: string;
  detail: string;
}

/** One line of the list: what it says, and what choosing it does. */
interface Offer {
  label: string;
  mark: string;
  name: string; // another name than the label, by which it was found
  facts: string[];
  take: (of: HTMLInputElement) => void;
}

const WAIT_MS = 150;
const OUTSIDE_WAIT_MS = 400;
const LIST_ID = "term-list";
const FIELDS = ".term-input > input:not([type=hidden]), .lookup-input > input";
const DEFINITION_LENGTH = 140;

let list: HTMLUListElement;
let status: HTMLElement;
let input: HTMLInputElement | undefined;
let found: Offer[] = [];
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
  for (const one of root.querySelectorAll<HTMLInputElement>(FIELDS)) {
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

/** The text with what was typed of it marked: the whole at once, or each word where one begins. */
function marked(text: string, typed: string): (Node | string)[] {
  const plain = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const words = typed.split(/\s+/).filter(Boolean).map(plain);
  const pattern = new RegExp(`(${[plain(typed), ...words.map((word) => `(?<![\\p{L}\\p{N}])${word}`)].join("|")})`, "giu");
  return text.split(pattern).map((part, index) => (index % 2 ? element("mark", {}, part) : part));
}

const PATH_LENGTH = 4;
const pathOf = (path: string[]) => [...(path.length > PATH_LENGTH ? ["…"] : []), ...path.slice(-PATH_LENGTH)].join(" › ");

function show(of: HTMLInputElement): void {
  const typed = of.value.trim();
  list.replaceChildren(
    ...found.map((offer, index) => {
      const one = element(
        "li",
        { id: `${LIST_ID}-${index}`, role: "option" },
        element("span", { className: "term-label" }, ...marked(offer.label, typed)),
        element("span", { className: "mono term-curie-small" }, ...marked(offer.mark, typed)),
        ...(offer.name ? [element("span", { className: "term-facts" }, ...marked(offer.name, typed))] : []),
        ...offer.facts.map((fact) => element("span", { className: "term-facts" }, fact)),
      );
      one.setAttribute("aria-selected", "false");
      return one;
    }),
  );
  const [some, one, none] = of.closest(".term-input")
    ? ["termsFound", "oneTerm", "noTerms"]
    : ["namesFound", "oneName", "noNames"];
  status.textContent = say(found.length > 1 ? some : found.length ? one : none, { count: found.length });
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
  const { vocabulary } = of.parentElement!.dataset;
  try {
    const offers = vocabulary === undefined ? await names(of, text, asked) : await terms(vocabulary, text, asked);
    if (!offers || input !== of || document.activeElement !== of) return;
    found = offers;
    show(of);
  } catch {
    // Superseded, or offline: the field still takes free text.
  }
}

async function items<Item>(address: string, { signal }: AbortController): Promise<Item[] | undefined> {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as { items: Item[] }).items : undefined;
}

async function terms(binding: string, q: string, asked: AbortController): Promise<Offer[] | undefined> {
  const found = await items<Term>(`/api/v1/terms?${new URLSearchParams({ binding, q })}`, asked);
  return found?.map((term) => ({
    label: term.label,
    mark: term.obsolete ? `${term.curie} (${say("obsolete")})` : term.curie,
    name: term.synonym && say(term.scope === "exact" ? "alsoCalled" : "relatedName", { name: term.synonym }),
    facts: [pathOf(term.path), shortened(term.definition)].filter(Boolean),
    take: (of) => {
      of.value = term.label;
      hidden(of).value = term.curie;
      markTerm(of);
      of.dispatchEvent(new CustomEvent("term-chosen", { bubbles: true }));
    },
  }));
}

async function names(of: HTMLInputElement, q: string, asked: AbortController): Promise<Offer[] | undefined> {
  const module = of.parentElement!.dataset["lookup"] ?? "";
  const found = await items<Name>(`/deposit/lookups/${module}?${new URLSearchParams({ q })}`, asked);
  return found?.map(({ choice, label, detail }) => ({
    label,
    mark: "",
    name: "",
    facts: [detail],
    take: () => of.dispatchEvent(new CustomEvent("lookup-chosen", { bubbles: true, detail: choice })),
  }));
}

function choose(offer: Offer): void {
  const of = input!;
  close();
  offer.take(of);
}

function onKey(event: KeyboardEvent): void {
  if (event.target !== input || event.isComposing) return;
  const open = list.matches(":popover-open");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) return void ask();
    const step = event.key === "ArrowDown" ? 1 : -1;
    activate(((active + 1 + step + found.length + 1) % (found.length + 1)) - 1);
  } else if ((event.key === "Home" || event.key === "End") && open && active >= 0) {
    event.preventDefault();
    activate(event.key === "Home" ? 0 : found.length - 1);
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
    const isTerm = !!target.closest(".term-input");
    if (isTerm) {
      hidden(target).value = "";
      markTerm(target);
    }
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), isTerm ? WAIT_MS : OUTSIDE_WAIT_MS);
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
