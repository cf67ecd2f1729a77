/**
 * Forms that save themselves: `form[data-autosave]`, posted to its own action, which answers JSON. What was typed lies
 * in localStorage from the first key until the site has acknowledged it, so that no error, dead line or closed tab
 * loses it. The form also sends digests of what it showed (`seen`), so that the site can tell whose change a value is:
 * what only another one changed comes in silently, and where both did (409), one is asked.
 */
import { askForChoices } from "./conflict";
import { held, isBusy, told, write, type Value } from "./fields";
import { refreshFrame } from "./frame";
import { rowOf } from "./tables";
import { markTerm } from "./terms";
import { say } from "./texts";

type Entry = [name: string, value: string];
interface Answer {
  revision: number;
  problems?: unknown[];
  saved_at?: string;
  theirs?: Record<string, Value>; // changed by somebody else only
  values?: Record<string, Value>; // changed by both
  seen?: Record<string, string>;
  detail?: string;
}

const TYPING_MS = 1200;
const RETRY_MS = 5000;
const LEAVE_MS = 4000;
const KEEPALIVE_BYTES = 60_000;
const PREFIX = "unsent:";
const OWN = new Set(["csrfmiddlewaretoken", "revision", "seen"]);

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
  private sentTexts = new Map<string, string>();
  private blocked = false; // a conflict waits for the person
  private readonly key: string;
  private readonly revision: HTMLInputElement;
  private readonly seen: HTMLInputElement;

  constructor(readonly form: HTMLFormElement) {
    this.key = PREFIX + new URL(form.action).pathname;
    this.revision = form.querySelector<HTMLInputElement>("input[name=revision]")!;
    this.seen = form.querySelector<HTMLInputElement>("input[name=seen]")!;
    this.restore();
    form.addEventListener("input", () => this.touch(TYPING_MS));
    for (const kind of ["change", "term-chosen", "rows-changed"]) form.addEventListener(kind, () => this.touch(0));
    form.addEventListener("lookup-chosen", (event) => void this.fillFrom(event as CustomEvent<string>));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.blocked = false;
      this.touch(0);
    });
    addEventListener("online", () => this.unsent && this.schedule(0));
    const typed = document.activeElement; // into before this script was there
    const isText = typed instanceof HTMLInputElement || typed instanceof HTMLTextAreaElement;
    if (isText && form.contains(typed) && typed.value !== typed.defaultValue) this.touch(TYPING_MS);
    form.dataset["autosave"] = "on";
  }

  private entries(): Entry[] {
    const found: Entry[] = [];
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value === "string" && !OWN.has(name)) found.push([name, value]);
    }
    return found;
  }

  /** What each field holds in words, to tell later whether it was touched. */
  private texts(): Map<string, string> {
    const names = this.seen.value.split(" ").map((one) => one.split(":")[0] ?? "");
    return new Map(names.filter(Boolean).map((name) => [name, held(this.form, name)]));
  }

  private touch(wait: number): void {
    this.unsent = true;
    localStorage.setItem(this.key, JSON.stringify({ revision: this.revision.value, seen: this.seen.value, entries: this.entries() }));
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
    const { revision, seen, entries } = JSON.parse(kept) as { revision: string; seen?: string; entries: Entry[] };
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
    this.seen.value = seen ?? this.seen.value;
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
      this.sentTexts = this.texts();
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
    if (response.status === 409 && answer.values) return this.conflict(answer);
    if (!response.ok) {
      status(say("refused", { reason: answer.detail ?? String(response.status) }), "error");
      return false;
    }
    this.revision.value = String(answer.revision);
    this.takeIn(answer);
    status(say(answer.problems?.length ? "savedWithProblems" : "saved", { time: answer.saved_at ?? "" }));
    refreshFrame();
    return true;
  }

  private later(): boolean {
    status(say("offline"), "error");
    this.schedule(RETRY_MS);
    return false;
  }

  /** Notes what the form has seen now. What another one changed is shown, unless it was touched here meanwhile. */
  private takeIn({ theirs = {}, seen = {} }: Answer): void {
    for (const [name, value] of Object.entries(theirs)) {
      const untouched = !isBusy(this.form, name) && this.sentTexts.get(name) === held(this.form, name);
      if (untouched) write(this.form, name, value);
      else delete seen[name];
    }
    this.see(seen);
  }

  private see(digests: Record<string, string>): void {
    const all = new Map(this.seen.value.split(" ").map((one) => one.split(":") as Entry));
    for (const [name, digest] of Object.entries(digests)) all.set(name, digest);
    this.seen.value = [...all].map(([name, digest]) => `${name}:${digest}`).join(" ");
  }

  /** Lets the site fill this row from what was chosen of an outside register, and shows what it holds then. */
  private async fillFrom({ target, detail }: CustomEvent<string>): Promise<void> {
    const address = (target as Element).closest<HTMLElement>("[data-fill]")!.dataset["fill"]!;
    clearTimeout(this.timer);
    await this.flush();
    const token = this.form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const body = new URLSearchParams({ choice: detail, csrfmiddlewaretoken: token });
    try {
      const response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = (await response.json()) as Answer;
      if (!response.ok) return status(say("refused", { reason: answer.detail ?? String(response.status) }), "error");
      for (const [name, value] of Object.entries(answer.values ?? {})) write(this.form, name, value);
      this.see(answer.seen ?? {});
      status(say("filled"));
      refreshFrame();
    } catch {
      status(say("offline"), "error");
    }
  }

  /** Asks what to keep; if nothing differs, an earlier save of ours had arrived, and its answer had not. */
  private conflict({ revision, values = {}, seen = {} }: Answer): boolean {
    const differing = Object.entries(values).filter(([name, value]) => held(this.form, name) !== told(this.form, value));
    const go = () => {
      this.see(seen);
      this.revision.value = String(revision);
      this.blocked = false;
      this.touch(0);
    };
    if (!differing.length) {
      this.see(seen);
      this.revision.value = String(revision);
      this.unsent = true;
      return true;
    }
    this.blocked = true;
    this.form.closest("details")?.setAttribute("open", "");
    askForChoices(this.form, Object.fromEntries(differing), go);
    status(say("conflictTitle"), "error");
    return false;
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
