/**
 * Whole fields of a form as values of the document: what a field holds, in words and for comparing, and writing a value
 * that the site sent into it. A field is one control, a term with its CURIE, or a table of rows.
 */
import { addRow, body, changed, controls, fill, isEmptyRow, unfold, type Control } from "./tables";

export type Value = string | null | { text?: string; curie?: string; [column: string]: unknown } | Value[];

const tableOf = (form: HTMLFormElement, name: string) =>
  form.querySelector<HTMLTableElement>(`table[data-rows="${name}"]`);

function controlOf(form: HTMLFormElement, name: string): Control | undefined {
  const found = form.elements.namedItem(name);
  return found instanceof Element && "value" in found ? (found as Control) : undefined;
}

export const isTable = (form: HTMLFormElement, name: string): boolean => !!tableOf(form, name);

/** Whether somebody is in this field now. */
export function isBusy(form: HTMLFormElement, name: string): boolean {
  const place = tableOf(form, name) ?? controlOf(form, name);
  return !!place?.contains(document.activeElement);
}

const texts = (row: Element) => controls(row).map((one) => one.value).filter(Boolean).join(" ");
const filledRows = (table: HTMLTableElement) => [...body(table).rows].filter((row) => !isEmptyRow(row));

/** What the form's field holds, a line for each row. */
export function held(form: HTMLFormElement, name: string): string {
  const table = tableOf(form, name);
  if (!table) return worded(form, controlOf(form, name)?.value ?? "");
  return filledRows(table)
    .map((row) => controls(row).map((one) => worded(form, one.value)).filter(Boolean).join(" "))
    .join("\n");
}

/** A value of the document in the same words. */
export function told(form: HTMLFormElement, value: Value): string {
  if (Array.isArray(value)) return value.map((one) => told(form, one)).join("\n");
  if (value === null || typeof value !== "object") return worded(form, String(value ?? ""));
  if ("text" in value && "curie" in value) return value.text ?? "";
  return Object.values(value)
    .map((one) => told(form, one as Value))
    .filter(Boolean)
    .join(" ");
}

/** Ids of references as the words that a select shows for them. */
function worded(form: HTMLFormElement, text: string): string {
  const options = [...form.querySelectorAll("option")];
  return options.find((option) => option.value === text && text)?.text ?? text;
}

/** The field's name as people read it. */
export function labelOf(form: HTMLFormElement, name: string): string {
  const field = (tableOf(form, name) ?? controlOf(form, name))?.closest(".field");
  return field?.querySelector("label, legend")?.firstChild?.textContent?.trim() ?? name;
}

/** Writes a value into its field, without telling anybody that it changed. */
export function write(form: HTMLFormElement, name: string, value: Value): void {
  const table = tableOf(form, name);
  if (table) {
    for (const row of [...body(table).rows]) row.remove();
    append(table, value);
  } else {
    const control = controlOf(form, name);
    if (control) put(control, value);
  }
}

/** Adds those rows of a table's value that it does not hold yet. */
export function add(form: HTMLFormElement, name: string, value: Value): void {
  const table = tableOf(form, name);
  if (!table) return;
  const mine = filledRows(table).map(texts);
  for (const row of [...body(table).rows]) if (isEmptyRow(row)) row.remove();
  const kept = body(table).rows.length;
  append(table, value);
  for (const row of [...body(table).rows].slice(kept)) if (mine.includes(texts(row))) row.remove();
  changed(table);
}

function append(table: HTMLTableElement, value: Value): void {
  for (const line of Array.isArray(value) ? value : []) {
    const row = addRow(table);
    for (const control of controls(row)) {
      const column = control.name.split(".")[2] ?? "";
      put(control, ((line ?? {}) as Record<string, Value>)[column] ?? "");
    }
  }
  changed(table);
}

function put(control: Control, value: Value): void {
  const isTerm = value !== null && typeof value === "object" && !Array.isArray(value);
  const text = isTerm ? (value.text ?? "") : String(value ?? "");
  if (text) unfold(control);
  if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === text)) {
    control.add(new Option(text, text)); // of a row that was added meanwhile; the page around the form names it
  }
  if (control instanceof HTMLSelectElement) control.value = text;
  else fill(control, text, isTerm ? (value.curie ?? "") : "");
}
