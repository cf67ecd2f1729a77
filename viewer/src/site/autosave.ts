/**
 * Forms that save themselves: `form[data-autosave]`, posted to its own action, which answers JSON. What was typed lies
 * in localStorage from the first key until the site has acknowledged it, so that no error, dead line or closed tab
 * loses it. Another one's newer save (409) is shown beside one's own.
 */
import { refreshFrame } from "./frame";
import { controls, isEmptyRow, rowOf } from "./tables";
import { markTerm } from "./terms";
import { element, say } from "./texts";

type Entry = [name: string, value: string];
type Value = string | null | { text?: string; curie?: string; [column: string]: unknown } | Value[];
interface Answer {
  revision: number;
  problems?: unknown[];
  saved_at?: string;
  values?: Record<string, Value>;
  detail?: string;
}

const TYPING_MS = 1200;
const RETRY_MS = 5000;
const LEAVE_MS = 4000;
const KEEPALIVE_BYTES = 60_000;
const PREFIX = "unsent:";
const OWN = new Set(["csrfmiddlewaretoken", "revision"]);

const status = (text: string, state = "") => {
  const place = document.getElementById("saved");
  if (!place) return;
  place.textContent = text;
  place.dataset["state"] = state;
};

export class AutosavedForm {
  private unsent = false;
  private running: Promise<void> | undefined;
  private timer = 0;
  private blocked = false; // a conflict waits for the person
  private readonly key: string;
  private readonly revision: HTMLInputElement;

  constructor(readonly form: HTMLFormElement) {
    this.key = PREFIX + new URL(form.action).pathname;
    this.revision = form.querySelector<HTMLInputElement>("input[name=revision]")!;
    this.restore();
    form.addEventListener("input", () => this.touch(TYPING_MS));
    for (const kind of ["change", "term-chosen", "rows-changed"]) form.addEventListener(kind, () => this.touch(0));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.blocked = false;
      this.touch(0);
    });
    addEventListener("online", () => this.unsent && this.schedule(0));
  }

  private entries(): Entry[] {
    const found: Entry[] = [];
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && !OWN.has(name)) found.push([name, value]);
    }
    return found;
  }

  private touch(wait: number): void {
    this.unsent = true;
    localStorage.setItem(this.key, JSON.stringify({ revision: this.revision.value, entries: this.entries() }));
    if (!this.blocked) this.schedule(wait);
  }

  private schedule(wait: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), wait);
  }

  /** Puts back what a former page could not send. */
  private restore(): void {
    const kept = localStorage.getItem(this.key);
    if (!kept) return;
    const { revision, entries } = JSON.parse(kept) as { revision: string; entries: Entry[] };
    if (JSON.stringify(filled(entries)) === JSON.stringify(filled(this.entries()))) return localStorage.removeItem(this.key);
    for (const table of this.form.querySelectorAll<HTMLTableElement>("table[data-rows]")) {
      for (const control of table.querySelectorAll<HTMLInputElement>("tbody input, tbody select")) control.value = "";
    }
    for (const [name, value] of entries) {
      const [table, row] = name.split(".");
      const place = row && this.form.querySelector<HTMLTableElement>(`table[data-rows="${table}"]`);
      if (place && /^\d+$/.test(row)) rowOf(place, Number(row));
      const control = this.form.elements.namedItem(name);
      if (control && "value" in control) control.value = value;
    }
    for (const one of this.form.querySelectorAll<HTMLElement>(".term-input")) markTerm(one);
    this.revision.value = revision;
    this.form.closest("details")?.setAttribute("open", "");
    status(say("restored"));
    this.touch(0);
  }

  /** Saves what is not saved yet; ends when the site has it, or could not take it. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.running ??= this.send().finally(() => (this.running = undefined));
    return this.running;
  }

  get isUnsent(): boolean {
    return this.unsent && !this.blocked;
  }

  private async send(): Promise<void> {
    while (this.unsent && !this.blocked) {
      this.unsent = false;
      status(say("saving"));
      const done = await this.post().catch(() => false);
      if (!done) {
        this.unsent = true;
        return;
      }
      if (!this.unsent) localStorage.removeItem(this.key);
    }
  }

  private async post(): Promise<boolean> {
    let response: Response;
    try {
      const body = new URLSearchParams(new FormData(this.form) as unknown as Record<string, string>);
      // The browser finishes small requests of a page that is left.
      const keepalive = body.toString().length < KEEPALIVE_BYTES;
      response = await fetch(this.form.action, { method: "POST", body, keepalive, headers: { Accept: "application/json" } });
    } catch {
      return this.later();
    }
    if (response.status >= 500) return this.later();
    if (response.redirected || !response.headers.get("Content-Type")?.includes("json")) {
      status(say("signedOut"), "error");
      return false;
    }
    const answer = (await response.json()) as Answer;
    if (response.status === 409 && answer.values) return this.conflict(answer.revision, answer.values);
    if (!response.ok) {
      status(say("refused", { reason: answer.detail ?? String(response.status) }), "error");
      return false;
    }
    this.revision.value = String(answer.revision);
    status(say(answer.problems?.length ? "savedWithProblems" : "saved", { time: answer.saved_at ?? "" }));
    refreshFrame();
    return true;
  }

  private later(): boolean {
    status(say("offline"), "error");
    this.schedule(RETRY_MS);
    return false;
  }

  /** Shows what differs; if nothing does, an earlier save of ours had arrived, and its answer had not. */
  private conflict(revision: number, theirs: Record<string, Value>): boolean {
    const differing = Object.keys(theirs).filter((name) => this.mine(name) !== this.worded(plain(theirs[name] ?? "")));
    if (!differing.length) {
      this.revision.value = String(revision);
      return true;
    }
    this.blocked = true;
    const box = this.conflictBox(differing.map((name) => [name, plain(theirs[name] ?? "")]));
    const [keep, take] = box.querySelectorAll("button");
    keep!.addEventListener("click", () => {
      box.remove();
      this.revision.value = String(revision);
      this.blocked = false;
      this.touch(0);
    });
    take!.addEventListener("click", () => {
      localStorage.removeItem(this.key);
      location.reload();
    });
    this.form.querySelector(".conflict")?.remove();
    this.form.prepend(box);
    box.focus();
    status(say("conflictTitle"), "error");
    return false;
  }

  /** What differs, field by field, and the two ways out. */
  private conflictBox(theirs: Entry[]): HTMLElement {
    const row = ([name, value]: Entry) => {
      const cells = [this.mine(name), this.worded(value)].map((text) => element("td", {}, text || say("empty")));
      return element("tr", {}, element("th", { scope: "row" }, this.labelOf(name)), ...cells);
    };
    const head = [say("conflictField"), say("conflictMine"), say("conflictTheirs")];
    return element(
      "div",
      { className: "alert alert-warning conflict", tabIndex: -1, role: "alert" },
      element("p", {}, element("strong", {}, say("conflictTitle"))),
      element(
        "table",
        { className: "table" },
        element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
        element("tbody", {}, ...theirs.map(row)),
      ),
      element("button", { type: "button", className: "btn btn-primary btn-sm" }, say("keepMine")),
      " ",
      element("button", { type: "button", className: "btn btn-outline-secondary btn-sm" }, say("takeTheirs")),
    );
  }

  private mine(name: string): string {
    const table = this.form.querySelector<HTMLTableElement>(`table[data-rows="${name}"]`);
    if (!table) return this.worded(this.entries().find(([one]) => one === name)?.[1] ?? "");
    const rows = [...table.tBodies[0]!.rows].filter((row) => !isEmptyRow(row));
    const texts = (row: Element) => controls(row).map((one) => one.value).filter(Boolean);
    return rows.map((row) => texts(row).join(" ")).join("\n");
  }

  /** Ids of references as the words that a select shows for them. */
  private worded(text: string): string {
    const options = [...this.form.querySelectorAll("option")];
    return options.find((option) => option.value === text && text)?.text ?? text;
  }

  private labelOf(name: string): string {
    const field = this.form.querySelector(`[name="${name}"], [data-rows="${name}"]`)?.closest(".field");
    return field?.querySelector("label, legend")?.firstChild?.textContent?.trim() ?? name;
  }
}

/** Entries that say something: the number of empty rows does not matter, and rows are counted anew. */
function filled(entries: Entry[]): Entry[] {
  const rows = new Map<string, number>();
  return entries
    .filter(([name, value]) => value.trim() && !name.endsWith(".rows"))
    .map(([name, value]): Entry => {
      const [table, row, ...rest] = name.split(".");
      if (row === undefined || !/^\d+$/.test(row)) return [name, value];
      const seen = `${table}.${row}`;
      if (!rows.has(seen)) rows.set(seen, [...rows.keys()].filter((one) => one.startsWith(`${table}.`)).length);
      return [[table, rows.get(seen), ...rest].join("."), value];
    });
}

function plain(value: Value): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map(plain).join("\n");
  if (typeof value !== "object") return String(value);
  if ("text" in value && "curie" in value) return value.text ?? "";
  return Object.values(value)
    .map((one) => plain(one as Value))
    .filter(Boolean)
    .join(" ");
}

/** Starts all forms of a page; links and other forms wait until what was typed is saved. */
export function startAutosave(root: HTMLElement): void {
  const forms = [...root.querySelectorAll<HTMLFormElement>("form[data-autosave]")]
    .filter((form) => form.querySelector("button.save"))
    .map((form) => new AutosavedForm(form));
  if (!forms.length) return;
  let leaving = false;
  const settle = (then: () => void) => {
    if (leaving) return false;
    const unsent = forms.filter((form) => form.isUnsent);
    if (!unsent.length) return false;
    const late = new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
    void Promise.race([Promise.all(unsent.map((form) => form.flush())), late]).then(() => {
      leaving = true;
      then();
    });
    return true;
  };
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (link.target || link.origin !== location.origin) return;
    if (link.pathname === location.pathname && link.hash) return;
    if (settle(() => (location.href = link.href))) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.matches("[data-autosave]") || event.defaultPrevented) return;
    const { submitter } = event;
    if (settle(() => form.requestSubmit(submitter))) event.preventDefault();
  });
  // A closing tab may still send a little; what does not arrive is in localStorage.
  addEventListener("pagehide", () => forms.forEach((form) => void (form.isUnsent && form.flush())));
}
