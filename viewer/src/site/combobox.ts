/**
 * Text fields with suggestions below them, as comboboxes with a listbox (ARIA 1.2): one list and one spoken count for all
 * fields of a kind. What is typed stays allowed; a suggestion is taken by arrow keys and Enter, or by the mouse.
 */
import { element } from "./texts";

/** One line of the list: what it shows, and what choosing it does. */
export interface Offer {
  shown: Node[];
  take: (of: HTMLInputElement) => void;
}

export interface Kind {
  id: string; // of the list
  className: string;
  label: string;
  fields: string; // the selector of the text inputs, also of those that come later
  wait: (of: HTMLInputElement) => number; // milliseconds without a key before it asks
  /** What to offer for a field now; undefined if there is nothing to ask or no answer. */
  offers: (of: HTMLInputElement, signal: AbortSignal) => Promise<Offer[] | undefined>;
  /** What is said of so many offers. */
  count: (found: number, of: HTMLInputElement) => string;
}

const WIDTH = 320;
const HEIGHT = 220; // with less below the field, the list opens above it

/** The `items` of an answer of this site; undefined if it refuses. */
export async function items<Item>(address: string, signal: AbortSignal): Promise<Item[] | undefined> {
  const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
  return response.ok ? ((await response.json()) as { items: Item[] }).items : undefined;
}

export class Combobox {
  private readonly list: HTMLUListElement;
  private readonly status = element("div", { className: "visually-hidden", role: "status" });
  private input: HTMLInputElement | undefined;
  private found: Offer[] = [];
  private active = -1;
  private timer = 0;
  private asked: AbortController | undefined;

  /** Serves the fields below `root`. */
  constructor(
    private readonly kind: Kind,
    root: HTMLElement,
  ) {
    this.list = element("ul", { id: kind.id, className: kind.className, role: "listbox", popover: "manual" });
    this.list.setAttribute("aria-label", kind.label);
    document.body.append(this.list, this.status);
    this.prepare(root);
    root.addEventListener("focusin", ({ target }) => this.enter(target));
    root.addEventListener("focusout", ({ target }) => target === this.input && this.close());
    root.addEventListener("input", ({ target }) => {
      if (!this.enter(target)) return;
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(), kind.wait(this.input!));
    });
    root.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // keeps the focus in the field
      this.stopAsking();
    });
    this.list.addEventListener("click", ({ target }) => {
      this.choose([...this.list.children].indexOf((target as Element).closest("li")!));
    });
    addEventListener("scroll", () => this.place(), { capture: true, passive: true });
    addEventListener("resize", () => this.place());
    // Somebody may have typed before this script was there.
    if (this.enter(document.activeElement) && this.input!.value !== this.input!.defaultValue) void this.ask();
  }

  /** Makes comboboxes of the fields below `root`. */
  prepare(root: ParentNode): void {
    for (const one of root.querySelectorAll<HTMLInputElement>(this.kind.fields)) {
      one.setAttribute("role", "combobox");
      one.setAttribute("aria-autocomplete", "list");
      one.setAttribute("aria-expanded", "false");
      one.setAttribute("aria-controls", this.kind.id);
    }
  }

  /** Asks at once for the field that has the focus, and shows what there is. */
  async ask(): Promise<void> {
    const of = this.input!;
    this.stopAsking();
    const { signal } = (this.asked = new AbortController());
    try {
      const offers = await this.kind.offers(of, signal);
      if (!signal.aborted && document.activeElement === of) this.show(of, offers);
    } catch {
      // Superseded, or offline: the field still takes what is typed.
    }
  }

  private enter(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLInputElement) || !target.matches(this.kind.fields)) return false;
    this.input = target;
    return true;
  }

  private get isOpen(): boolean {
    return this.list.matches(":popover-open");
  }

  /** An answer that is late must not change a list in which somebody is choosing. */
  private stopAsking(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  private close(): void {
    this.stopAsking();
    if (this.isOpen) this.list.hidePopover();
    this.input?.setAttribute("aria-expanded", "false");
    this.input?.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  private place(): void {
    if (!this.input || !this.isOpen) return;
    const { left, bottom, top, width } = this.input.getBoundingClientRect();
    const { style } = this.list;
    const wide = Math.min(Math.max(width, WIDTH), innerWidth - 16);
    style.width = `${wide}px`;
    style.left = `${Math.max(8, Math.min(left, innerWidth - wide - 8))}px`;
    const below = innerHeight - bottom > HEIGHT || top < HEIGHT;
    style.top = below ? `${bottom + 2}px` : "auto";
    style.bottom = below ? "auto" : `${innerHeight - top + 2}px`;
  }

  private show(of: HTMLInputElement, offers: Offer[] | undefined): void {
    this.found = offers ?? [];
    this.status.textContent = offers ? this.kind.count(offers.length, of) : "";
    if (!this.found.length) return this.close();
    const { id } = this.kind;
    this.list.replaceChildren(
      ...this.found.map(({ shown }, index) => element("li", { id: `${id}-${index}`, role: "option" }, ...shown)),
    );
    if (!this.isOpen) this.list.showPopover();
    of.setAttribute("aria-expanded", "true");
    this.activate(-1);
    this.place();
  }

  private activate(index: number): void {
    this.active = index;
    for (const [place, one] of [...this.list.children].entries()) one.setAttribute("aria-selected", String(place === index));
    const one = this.list.children[index];
    if (one) {
      this.input!.setAttribute("aria-activedescendant", one.id);
      one.scrollIntoView({ block: "nearest" });
    } else this.input!.removeAttribute("aria-activedescendant");
  }

  private choose(index: number): void {
    const offer = this.found[index];
    if (!offer) return;
    this.close();
    offer.take(this.input!);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.target !== this.input || event.isComposing) return;
    const chosen = this.isOpen && this.active >= 0;
    const places = this.found.length + 1; // the field itself is one of them
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (this.isOpen) {
        this.stopAsking();
        this.activate(((this.active + 1 + step + places) % places) - 1);
      } else void this.ask();
    } else if ((event.key === "Home" || event.key === "End") && chosen) {
      this.activate(event.key === "Home" ? 0 : this.found.length - 1);
    } else if (event.key === "Enter" && chosen) {
      this.choose(this.active);
    } else if (event.key === "Escape" && this.isOpen) {
      event.stopPropagation();
      this.close();
    } else return;
    event.preventDefault();
  }
}
