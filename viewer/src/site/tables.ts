/**
 * Editable tables: `table[data-rows]` with a `template[data-row-template]` beside it, in which `__row__` stands for
 * the row's number. Rows are added and removed, an empty one is always at the end, and a paste from a spreadsheet fills
 * cells to the right and down. The server leaves empty rows out.
 */
import { markTerm, prepareTerms } from "./terms";
import { element, say } from "./texts";

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const CONTROLS = "input:not([type=hidden]), select, textarea";
export const body = (table: HTMLTableElement) => table.tBodies[0]!;

/** The controls of a row that one sees, from left to right. */
export const controls = (row: Element): Control[] => [...row.querySelectorAll<Control>(CONTROLS)];

export const isEmptyRow = (row: Element): boolean => controls(row).every((one) => !one.value.trim());

/** Cells of a text copied from a spreadsheet: tabs between cells, quotes around those that hold a tab, line or quote. */
export function parseCells(text: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))(\t|\n|$)/gy;
  text = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    rows.at(-1)!.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").trim());
    if (!match[3]) break;
    if (match[3] === "\n") rows.push([]);
  }
  return rows;
}

function nextNumber(table: HTMLTableElement): number {
  const numbers = [...table.querySelectorAll<Control>(CONTROLS)].map((one) => Number(one.name.split(".")[1]));
  return Math.max(-1, ...numbers) + 1;
}

/** Appends an empty row, with this number or the next free one. */
export function addRow(table: HTMLTableElement, number = nextNumber(table)): HTMLTableRowElement {
  const template = table.closest(".field-rows")!.querySelector<HTMLTemplateElement>("template[data-row-template]")!;
  const holder = document.createElement("tbody");
  holder.innerHTML = template.innerHTML.replaceAll("__row__", String(number));
  const row = holder.rows[0]!;
  body(table).append(row);
  prepareTerms(row);
  addRemover(row);
  return row;
}

/** The row with this number, made if it is not there. */
export function rowOf(table: HTMLTableElement, number: number): HTMLTableRowElement {
  const name = `${table.dataset["rows"]}.${number}.`;
  const there = [...body(table).rows].find((row) => controls(row)[0]?.name.startsWith(name));
  return there ?? addRow(table, number);
}

function addRemover(row: HTMLTableRowElement): void {
  const cell = row.querySelector(".row-tools")!;
  const button = element("button", { type: "button", className: "btn btn-link btn-sm row-remove" }, "✕");
  button.addEventListener("click", () => remove(row));
  cell.replaceChildren(button);
  label(row);
}

function label(row: HTMLTableRowElement): void {
  const number = row.sectionRowIndex + 1;
  row.querySelector(".row-remove")?.setAttribute("aria-label", say("removeRow", { number }));
}

export function changed(table: HTMLTableElement): void {
  for (const row of body(table).rows) label(row);
  const last = [...body(table).rows].at(-1);
  if (!last || !isEmptyRow(last)) addRow(table);
}

function remove(row: HTMLTableRowElement): void {
  const table = row.closest("table")!;
  const number = row.sectionRowIndex + 1;
  const after = row.nextElementSibling;
  row.remove();
  changed(table);
  const note = table.closest(".field-rows")!.querySelector<HTMLElement>(".row-note")!;
  const undo = element("button", { type: "button", className: "btn btn-link btn-sm" }, say("undo"));
  undo.addEventListener("click", () => {
    body(table).insertBefore(row, after?.parentElement ? after : body(table).lastElementChild);
    note.replaceChildren();
    changed(table);
    controls(row)[0]?.focus();
    table.dispatchEvent(new CustomEvent("rows-changed", { bubbles: true }));
  });
  note.replaceChildren(say("rowRemoved", { number }), undo);
  undo.focus();
  table.dispatchEvent(new CustomEvent("rows-changed", { bubbles: true }));
}

/** Gives a select all choices of its long list, which stands in the page once. */
export function unfold(one: Control): void {
  const list = one.dataset["list"] && document.getElementById(one.dataset["list"]);
  if (!(list instanceof HTMLTemplateElement) || !(one instanceof HTMLSelectElement)) return;
  if (one.options.length > list.content.childElementCount) return;
  const { value } = one;
  one.replaceChildren(new Option(""), list.content.cloneNode(true));
  one.value = value;
}

/** Puts a text into a control, with the term it stands for; a select takes the value or the words of an option. */
export function fill(one: Control, text: string, curie = ""): void {
  if (one instanceof HTMLSelectElement) {
    unfold(one);
    const wanted = text.toLowerCase();
    const options = [...one.options];
    const fits = (of: (option: HTMLOptionElement) => boolean) => options.find(of);
    const option =
      fits((o) => o.value.toLowerCase() === wanted || o.text.toLowerCase() === wanted) ??
      fits((o) => !!wanted && o.text.toLowerCase().startsWith(wanted));
    if (option) one.value = option.value;
  } else {
    one.value = text;
    if (one.closest(".term-input")) {
      one.closest(".term-input")!.querySelector<HTMLInputElement>("input[type=hidden]")!.value = curie;
      markTerm(one);
    }
  }
}

function paste(event: ClipboardEvent): void {
  const start = event.target;
  if (!(start instanceof HTMLElement) || !start.matches(CONTROLS)) return;
  const table = start.closest<HTMLTableElement>("table[data-rows]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!table || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  let row = start.closest("tr")!;
  const column = controls(row).indexOf(start as Control);
  let count = 0;
  const cells = parseCells(text);
  for (const [index, line] of cells.entries()) {
    for (const [offset, value] of line.entries()) {
      const one = controls(row)[column + offset];
      if (one) fill(one, value);
      if (one) count++;
    }
    if (index + 1 < cells.length) row = (row.nextElementSibling as HTMLTableRowElement | null) ?? addRow(table);
  }
  changed(table);
  table.closest(".field-rows")!.querySelector(".row-note")!.textContent = say("pasted", { count });
  table.dispatchEvent(new CustomEvent("rows-changed", { bubbles: true }));
}

export function startTables(root: HTMLElement): void {
  for (const table of root.querySelectorAll<HTMLTableElement>("table[data-rows]")) {
    if (!table.closest(".field-rows")!.querySelector("template")) continue;
    for (const row of body(table).rows) addRemover(row);
    const more = element("button", { type: "button", className: "btn btn-outline-secondary btn-sm" }, `+ ${say("addRow")}`);
    more.addEventListener("click", () => controls(addRow(table))[0]?.focus());
    const note = element("span", { className: "row-note muted", role: "status" });
    table.closest(".table-scroll")!.after(element("div", { className: "row-actions" }, more, note));
    table.addEventListener("input", () => changed(table));
    table.addEventListener("change", () => changed(table));
    table.addEventListener("term-chosen", () => changed(table));
  }
  root.addEventListener("paste", paste);
  for (const kind of ["pointerdown", "focusin"]) {
    root.addEventListener(kind, ({ target }) => target instanceof HTMLSelectElement && unfold(target));
  }
}
