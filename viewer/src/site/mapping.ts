/**
 * The page of texts without a term, by keyboard: arrows go from text to text, digits choose, Enter decides, n says that
 * no term fits, / goes to another term, a accepts all that are sure, u undoes. Each row is a form that works without
 * this; here it is sent in the background, and its row folds to one line that can be undone.
 */
import { startTerms } from "./terms";
import { element, say } from "./texts";

interface Done {
  said: string;
  undo: string;
}

/** A decided row: what stands in its place, the row as it was, and where to undo it. */
interface Folded {
  line: HTMLElement;
  row: HTMLElement;
  undo: string;
}

const ROW = ".mapping-row";
const folded: Folded[] = [];

let root: HTMLElement;
let status: HTMLElement;

const rows = () => [...root.querySelectorAll<HTMLElement>(ROW)];
const current = () => document.activeElement?.closest<HTMLElement>(ROW) ?? undefined;
const heading = (row: HTMLElement) => row.querySelector<HTMLElement>("h2")!;

function focusRow(row: HTMLElement | undefined): void {
  if (!row) return;
  for (const one of rows()) one.classList.toggle("mapping-current", one === row);
  heading(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step: number): void {
  const all = rows();
  const here = current();
  const place = here ? all.indexOf(here) + step : step > 0 ? 0 : all.length - 1;
  focusRow(all[Math.max(0, Math.min(all.length - 1, place))]);
}

function choose(row: HTMLElement, key: string): boolean {
  const radio = row.querySelector<HTMLInputElement>(`input[type=radio][data-key="${key}"]`);
  if (!radio) return false;
  radio.checked = true;
  return true;
}

/** Sends a form in the background. Raises an Error with the reason for people. */
async function send(form: HTMLFormElement, address = form.action): Promise<Done> {
  const body = new FormData(form);
  let response: Response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    throw new Error(say("silent"));
  }
  const answer = (await response.json().catch(() => ({}))) as Partial<Done> & { detail?: string };
  if (!response.ok || !answer.said) throw new Error(answer.detail ?? say("silent"));
  return answer as Done;
}

function tell(text: string): void {
  status.textContent = text;
}

function refuse(row: HTMLElement, reason: string): void {
  const words = say("notSaved", { reason });
  row.querySelector(".mapping-error")?.remove();
  row.querySelector(".mapping-decide")!.append(element("p", { className: "mapping-error field-error" }, words));
  tell(words);
}

/** Whether something is chosen that can be decided on. */
function isChosen(row: HTMLElement): boolean {
  const chosen = row.querySelector<HTMLInputElement>("input[type=radio]:checked");
  if (!chosen) return false;
  return chosen.value !== "other" || !!row.querySelector<HTMLInputElement>(".term-input > input")!.value.trim();
}

async function decide(row: HTMLElement): Promise<void> {
  const form = row.querySelector("form")!;
  if (row.getAttribute("aria-busy") === "true") return;
  if (!isChosen(row)) return refuse(row, say("chooseFirst"));
  const busy = element("p", { className: "mapping-busy muted" }, say("applying"));
  row.setAttribute("aria-busy", "true");
  row.querySelector(".mapping-error")?.remove();
  row.querySelector(".mapping-decide")!.append(busy);
  tell(say("applying"));
  try {
    const done = await send(form);
    const all = rows();
    const next = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1];
    fold(row, done);
    tell(next ? done.said : `${done.said} ${say("lastRow")}`);
    if (next) focusRow(next);
    else folded.at(-1)!.line.querySelector("button")!.focus();
  } catch (error) {
    refuse(row, (error as Error).message);
  } finally {
    row.removeAttribute("aria-busy");
    busy.remove();
  }
}

function fold(row: HTMLElement, { said, undo }: Done): void {
  const button = element("button", { className: "btn btn-sm btn-outline-secondary", type: "button" }, say("undo"));
  const line = element("li", { className: "mapping-done" }, element("span", {}, said), button);
  const one = { line, row, undo };
  button.addEventListener("click", () => void takeBack(one));
  row.querySelector(".mapping-error")?.remove();
  row.replaceWith(line);
  folded.push(one);
  count(-1);
}

async function takeBack(one: Folded): Promise<void> {
  tell(say("applying"));
  try {
    const { said } = await send(one.row.querySelector("form")!, one.undo);
    one.line.replaceWith(one.row);
    folded.splice(folded.indexOf(one), 1);
    count(1);
    focusRow(one.row);
    tell(`${say("undone")} ${said}`);
  } catch (error) {
    const words = say("notSaved", { reason: (error as Error).message });
    one.line.append(element("p", { className: "field-error" }, words));
    tell(words);
  }
}

function count(change: number): void {
  const total = document.getElementById("mapping-total");
  if (total) total.textContent = String(Math.max(0, Number(total.textContent) + change));
}

/** Single keys, while nothing is being typed; "?" lists them, and people can turn them off there. */
function onKey(event: KeyboardEvent): void {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset["keys"] === "off") return;
  const at = target as HTMLElement;
  const isRadio = at.matches("input[type=radio]");
  if (document.querySelector("dialog[open]") || (!isRadio && at.closest("input, textarea, select"))) return;
  if (key === "Enter" && at.closest("a, button, summary")) return;
  const row = current();
  if (key === "ArrowDown" || key === "ArrowUp") move(key === "ArrowDown" ? 1 : -1);
  else if (key === "u" && folded.length) void takeBack(folded.at(-1)!);
  else if (key === "a") root.querySelector<HTMLFormElement>("form[data-sure]")?.requestSubmit();
  else if (!row) return;
  else if (key === "Enter") void decide(row);
  else if (key === "/" && choose(row, "/")) row.querySelector<HTMLInputElement>(".term-input > input")!.focus();
  else if (key !== "n" && !/^[1-5]$/.test(key)) return;
  else if (!choose(row, key)) return;
  event.preventDefault();
}

export function startMapping(page: HTMLElement): void {
  root = page;
  status = document.getElementById("mapping-said")!;
  startTerms(root);
  root.addEventListener("submit", (event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>(ROW);
    if (!row) return void tell(say("applying"));
    event.preventDefault();
    void decide(row);
  });
  root.addEventListener("term-chosen", ({ target }) => {
    const row = (target as HTMLElement).closest<HTMLElement>(ROW);
    if (row) choose(row, "/");
  });
  root.addEventListener("focusin", ({ target }) => {
    const row = (target as HTMLElement).closest(ROW);
    for (const one of rows()) one.classList.toggle("mapping-current", one === row);
  });
  document.addEventListener("keydown", onKey, { capture: true });
  focusRow(rows()[0]);
}
