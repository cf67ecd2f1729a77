/**
 * Trees of terms (`ul[data-tree]`, whose value is the address of a level): levels are fetched when they are opened, and
 * the keys are those of the ARIA tree pattern. Without it every node is a link to a page with the tree opened there.
 */

const ITEM = "li[data-curie]";

/** The items of a tree that are not inside a closed one, in the order in which they stand. */
function shown(tree: HTMLElement): HTMLElement[] {
  const items = [...tree.querySelectorAll<HTMLElement>(`${ITEM}, li.tree-rest`)];
  return items.filter((item) => !item.parentElement?.closest("[hidden]"));
}

const isOpen = (item: HTMLElement) => item.getAttribute("aria-expanded") === "true";
const above = (item: HTMLElement) => item.parentElement?.closest<HTMLElement>(ITEM) ?? undefined;
const below = (item: HTMLElement) => item.querySelector<HTMLUListElement>(":scope > ul");

let numbered = 0;

/** Gives the items below `root` their roles; what can be followed by a key needs no stop of its own. */
function prepare(root: ParentNode): void {
  for (const item of root.querySelectorAll<HTMLElement>(`${ITEM}, li.tree-rest`)) {
    if (item.getAttribute("role")) continue;
    item.setAttribute("role", "treeitem");
    item.tabIndex = -1;
    if (item.dataset["closed"] !== undefined) item.setAttribute("aria-expanded", "false");
    if (item.dataset["open"] !== undefined) item.setAttribute("aria-expanded", "true");
    const names = item.querySelectorAll<HTMLElement>(":scope > .tree-row > :not(.tree-toggle), :scope > a");
    for (const name of names) name.id ||= `tree-${++numbered}`;
    item.setAttribute("aria-labelledby", [...names].map(({ id }) => id).join(" "));
    for (const link of item.querySelectorAll<HTMLAnchorElement>(":scope > .tree-row > a, :scope > a")) link.tabIndex = -1;
    const toggle = item.querySelector(":scope > .tree-row > .tree-toggle");
    toggle?.setAttribute("aria-hidden", "true");
    toggle?.removeAttribute("aria-label");
    below(item)?.setAttribute("role", "group");
  }
}

class Tree {
  constructor(private readonly tree: HTMLUListElement) {
    tree.setAttribute("role", "tree");
    tree.setAttribute("aria-label", tree.dataset["label"] ?? "");
    prepare(tree);
    const here = tree.querySelector<HTMLElement>(".tree-here")?.closest<HTMLElement>(ITEM);
    const first = here ?? shown(tree)[0];
    if (first) first.tabIndex = 0;
    tree.addEventListener("keydown", (event) => this.onKey(event));
    tree.addEventListener("click", (event) => this.onClick(event));
  }

  private focus(item: HTMLElement | undefined): void {
    if (!item) return;
    for (const one of this.tree.querySelectorAll<HTMLElement>('[tabindex="0"]')) one.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }

  private onClick(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = event.target as Element;
    const item = target.closest<HTMLElement>(`${ITEM}, li.tree-rest`);
    if (!item) return;
    if (target.closest(".tree-toggle") && item.matches("[aria-expanded]")) {
      event.preventDefault();
      this.focus(item);
      void this.turn(item, !isOpen(item));
    } else if (target.closest("a[data-after], a[data-unfold]")) {
      event.preventDefault();
      void this.more(item);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const item = (event.target as Element).closest<HTMLElement>("[role=treeitem]");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = shown(this.tree);
    const place = items.indexOf(item);
    const acts: Record<string, () => void> = {
      ArrowDown: () => this.focus(items[place + 1]),
      ArrowUp: () => this.focus(items[place - 1]),
      Home: () => this.focus(items[0]),
      End: () => this.focus(items.at(-1)),
      ArrowRight: () => (isOpen(item) ? this.focus(items[place + 1]) : void this.turn(item, true)),
      ArrowLeft: () => (isOpen(item) ? void this.turn(item, false) : this.focus(above(item))),
      Enter: () => item.querySelector<HTMLAnchorElement>(":scope > .tree-row > .tree-term, :scope > a")?.click(),
    };
    const act = acts[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    } else if (/^\p{L}$/u.test(event.key)) this.find(event.key, items, place);
  }

  /** Goes to the next item whose label begins with the letter. */
  private find(letter: string, items: HTMLElement[], place: number): void {
    const begins = (one: HTMLElement) =>
      one.querySelector(".tree-row > .tree-term")?.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase());
    this.focus([...items.slice(place + 1), ...items.slice(0, place)].find(begins));
  }

  private async turn(item: HTMLElement, open: boolean): Promise<void> {
    if (!item.hasAttribute("aria-expanded")) return;
    // Of a level on the way down only one item is there: opened again, it shows them all.
    const part = open && item.dataset["folded"] !== undefined;
    if (open && (!below(item) || part) && !(await this.fill(item))) return;
    const list = below(item);
    if (list) list.hidden = !open;
    item.setAttribute("aria-expanded", String(open));
  }

  /** Fetches what is below an item. */
  private async fill(item: HTMLElement): Promise<boolean> {
    const level = await this.fetch(item, item.dataset["curie"] ?? "", "");
    if (!level) return false;
    below(item)?.remove();
    delete item.dataset["folded"];
    const list = document.createElement("ul");
    list.setAttribute("role", "group");
    list.append(level);
    prepare(list);
    item.append(list);
    return true;
  }

  /** Puts the next page of a level, or the whole of one that was folded, in the place of the link to it. */
  private async more(rest: HTMLElement): Promise<void> {
    const parent = above(rest);
    const after = rest.querySelector<HTMLElement>("[data-after]")?.dataset["after"];
    if (after === undefined && parent) {
      if (await this.fill(parent)) this.focus(below(parent)?.querySelector<HTMLElement>(ITEM) ?? parent);
      return;
    }
    const level = await this.fetch(rest, parent?.dataset["curie"] ?? "", after ?? "");
    if (!level) return;
    const first = level.firstElementChild as HTMLElement | null;
    prepare(level);
    rest.replaceWith(level);
    this.focus(first ?? parent);
  }

  private async fetch(item: HTMLElement, of: string, after: string): Promise<DocumentFragment | undefined> {
    const { tree, used, busy, failed } = this.tree.dataset;
    const note = document.createElement("span");
    note.className = "tree-note";
    note.setAttribute("role", "status");
    const slow = setTimeout(() => (note.textContent = busy ?? ""), 300);
    item.querySelector(":scope > .tree-row .tree-status")?.remove();
    (item.querySelector(":scope > .tree-row") ?? item).append(note);
    try {
      const query = new URLSearchParams({ of, used: used ?? "0", after });
      const response = await fetch(`${tree}?${query}`, { headers: { Accept: "text/html" } });
      if (!response.ok) throw new Error(response.statusText);
      const template = document.createElement("template");
      template.innerHTML = await response.text();
      note.remove();
      return template.content;
    } catch {
      note.textContent = failed ?? "";
      note.classList.add("tree-status");
      return undefined;
    } finally {
      clearTimeout(slow);
    }
  }
}

export function startTrees(): void {
  for (const tree of document.querySelectorAll<HTMLUListElement>("ul[data-tree]")) new Tree(tree);
}
