/**
 * Suggestions below text fields. `.term-input` with `data-vocabulary` holds a text input, a hidden input for the CURIE
 * and a `.term-mark`; free text stays allowed and is marked. `.lookup-input` with `data-lookup` offers names of an outside
 * register; the form fills in what is chosen.
 */
import { Combobox, items, type Offer } from "./combobox";
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

const WAIT_MS = 150;
const OUTSIDE_WAIT_MS = 400;
const FIELDS = ".term-input > input:not([type=hidden]), .lookup-input > input";
const DEFINITION_LENGTH = 140;

let combobox: Combobox;

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
  combobox.prepare(root);
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

/** What a line shows, with what was typed marked in the names. */
function shown(label: string, mark: string, name: string, facts: string[], typed: string): Node[] {
  return [
    element("span", { className: "term-label" }, ...marked(label, typed)),
    element("span", { className: "mono term-curie-small" }, ...marked(mark, typed)),
    ...(name ? [element("span", { className: "term-facts" }, ...marked(name, typed))] : []),
    ...facts.map((fact) => element("span", { className: "term-facts" }, fact)),
  ];
}

async function terms(binding: string, q: string, signal: AbortSignal): Promise<Offer[] | undefined> {
  const found = await items<Term>(`/api/v1/terms?${new URLSearchParams({ binding, q })}`, signal);
  return found?.map((term) => {
    const mark = term.obsolete ? `${term.curie} (${say("obsolete")})` : term.curie;
    const name = term.synonym && say(term.scope === "exact" ? "alsoCalled" : "relatedName", { name: term.synonym });
    const facts = [pathOf(term.path), shortened(term.definition)].filter(Boolean);
    const take = (of: HTMLInputElement) => {
      of.value = term.label;
      hidden(of).value = term.curie;
      markTerm(of);
      of.dispatchEvent(new CustomEvent("term-chosen", { bubbles: true }));
    };
    return { shown: shown(term.label, mark, name, facts, q), take };
  });
}

async function names(module: string, q: string, signal: AbortSignal): Promise<Offer[] | undefined> {
  const found = await items<Name>(`/deposit/lookups/${module}?${new URLSearchParams({ q })}`, signal);
  return found?.map(({ choice, label, detail }) => ({
    shown: shown(label, "", "", [detail], q),
    take: (of) => of.dispatchEvent(new CustomEvent("lookup-chosen", { bubbles: true, detail: choice })),
  }));
}

async function offers(of: HTMLInputElement, signal: AbortSignal): Promise<Offer[] | undefined> {
  const text = of.value.trim();
  if (!text) return undefined;
  const { vocabulary, lookup = "" } = of.parentElement!.dataset;
  return vocabulary === undefined ? names(lookup, text, signal) : terms(vocabulary, text, signal);
}

const isTerm = (of: HTMLElement) => !!of.closest(".term-input");

function count(found: number, of: HTMLInputElement): string {
  const [some, one, none] = isTerm(of) ? ["termsFound", "oneTerm", "noTerms"] : ["namesFound", "oneName", "noNames"];
  return say(found > 1 ? some : found ? one : none, { count: found });
}

export function startTerms(root: HTMLElement): void {
  // Before the combobox's own, so that the CURIE of the words before is gone at once.
  root.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches(FIELDS) || !isTerm(target)) return;
    hidden(target).value = "";
    markTerm(target);
  });
  const wait = (of: HTMLInputElement) => (isTerm(of) ? WAIT_MS : OUTSIDE_WAIT_MS);
  const label = say("suggestions");
  combobox = new Combobox({ id: "term-list", className: "term-list", label, fields: FIELDS, wait, offers, count }, root);
}
