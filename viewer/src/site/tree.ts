/**
 * Trees of terms (`ul[data-tree]`, whose value is the address of a level): levels are fetched when they are opened, and
 * the keys are those of the ARIA pattern of a navigation tree. Without it every node is a link to a page with the tree
 * opened there.
 */

const NODE = "li[data-curie]";
const STOP = "a.tree-term, li.tree-rest > a"; // what the keys go to
const SLOW_MS = 300;

/** The stops of a tree that are not inside a closed node, in the order in which they stand. */
function shown(tree: HTMLElement): HTMLElement[] {
  return [...tree.querySelectorAll<HTMLElement>(STOP)].filter((stop) => !stop.closest("ul[hidden]"));
}

const nodeOf = (within: Element) => within.closest<HTMLElement>(NODE);
const stopOf = (node: Element) => node.querySelector<HTMLElement>(":scope > .tree-row > .tree-term");
const below = (node: Element) => node.querySelector<HTMLUListElement>(":scope > ul");
const isOpen = (node: Element) => stopOf(node)?.getAttribute("aria-expanded") === "true";
/** Of a level on the way down to a term only one node is there. */
const isFolded = (node: HTMLElement) => node.dataset["folded"] !== undefined;

let numbered = 0;
const named = (one: HTMLElement) => (one.id ||= `tree-${++numbered}`);

/** Gives what is below `root` its roles; in a tree only one stop is reached by the tabulator. */
function prepare(root: ParentNode): void {
  for (const item of root.querySelectorAll<HTMLElement>(`${NODE}, li.tree-rest`)) {
    item.setAttribute("role", "none");
    const stop = stopOf(item) ?? item.querySelector<HTMLElement>(":scope > a");
    if (!stop || stop.getAttribute("role")) continue;
    stop.setAttribute("role", "treeitem");
    stop.tabIndex = -1;
    const facts = item.querySelectorAll<HTMLElement>(":scope > .tree-row > .tree-note, :scope > .tree-row > .tree-count");
    if (facts.length) stop.setAttribute("aria-describedby", [...facts].map(named).join(" "));
    if (item.dataset["open"] !== undefined) mark(item, true);
    if (item.dataset["closed"] !== undefined) mark(item, false);
    const toggle = item.querySelector<HTMLElement>(":scope > .tree-row > a.tree-toggle");
    toggle?.setAttribute("aria-hidden", "true");
    if (toggle) toggle.tabIndex = -1;
  }
}

/** Notes whether a node is open, and which list is its. */
function mark(node: HTMLElement, open: boolean): void {
  const stop = stopOf(node);
  const list = below(node);
  stop?.setAttribute("aria-expanded", String(open));
  node.toggleAttribute("data-open", open);
  node.toggleAttribute("data-closed", !open);
  if (!list) return;
  list.hidden = !open;
  list.setAttribute("role", "group");
  stop?.setAttribute("aria-owns", named(list));
}

class Tree {
  constructor(private readonly tree: HTMLUListElement) {
    tree.setAttribute("role", "tree");
    tree.setAttribute("aria-label", tree.dataset["label"] ?? "");
    prepare(tree);
    const first = tree.querySelector<HTMLElement>(".tree-here > .tree-term") ?? shown(tree)[0];
    if (first) first.tabIndex = 0;
    tree.addEventListener("keydown", (event) => this.onKey(event));
    tree.addEventListener("click", (event) => this.onClick(event));
  }

  private focus(stop: HTMLElement | null | undefined): void {
    if (!stop) return;
    for (const one of this.tree.querySelectorAll<HTMLElement>('[tabindex="0"]')) one.tabIndex = -1;
    stop.tabIndex = 0;
    stop.focus();
  }

  private onClick(event: MouseEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = event.target as Element;
    const node = nodeOf(target);
    const rest = target.closest<HTMLElement>("li.tree-rest");
    if (rest) {
      event.preventDefault();
      void this.more(rest);
    } else if (node && target.closest("a.tree-toggle")) {
      event.preventDefault();
      this.focus(stopOf(node));
      void this.turn(node, !isOpen(node) || isFolded(node));
    }
  }

  private onKey(event: KeyboardEvent): void {
    const stop = (event.target as Element).closest<HTMLElement>("[role=treeitem]");
    if (!stop || event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = shown(this.tree);
    const place = stops.indexOf(stop);
    const node = stop.matches(".tree-term") ? nodeOf(stop) : null;
    const upper = nodeOf((node ?? stop).parentElement?.closest("ul") ?? this.tree);
    const acts: Record<string, () => void> = {
      ArrowDown: () => this.focus(stops[place + 1]),
      ArrowUp: () => this.focus(stops[place - 1]),
      Home: () => this.focus(stops[0]),
      End: () => this.focus(stops.at(-1)),
      ArrowRight: () => {
        if (node && isOpen(node) && !isFolded(node)) this.focus(stops[place + 1]);
        else if (node) void this.turn(node, true);
      },
      ArrowLeft: () => (node && isOpen(node) ? void this.turn(node, false) : this.focus(upper && stopOf(upper))),
      " ": () => stop.click(),
    };
    const act = acts[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    } else if (/^[\p{L}\p{N}]$/u.test(event.key)) this.find(event.key, stops, place);
  }

  /** Goes to the next term that begins with the letter. */
  private find(letter: string, stops: HTMLElement[], place: number): void {
    const begins = (one: HTMLElement) => one.textContent?.trim().toLowerCase().startsWith(letter.toLowerCase());
    this.focus([...stops.slice(place + 1), ...stops.slice(0, place)].find(begins));
  }

  private async turn(node: HTMLElement, open: boolean): Promise<void> {
    if (!stopOf(node)?.hasAttribute("aria-expanded")) return;
    if (open && (!below(node) || isFolded(node)) && !(await this.fill(node))) return;
    mark(node, open);
  }

  /** Fetches what is below a node; a node that is there already stays as it is. */
  private async fill(node: HTMLElement): Promise<boolean> {
    const level = await this.level(node, node.dataset["curie"] ?? "", "");
    if (!level) return false;
    const list = below(node) ?? document.createElement("ul");
    for (const old of list.querySelectorAll<HTMLElement>(`:scope > ${NODE}`)) {
      level.querySelector(`[data-curie="${CSS.escape(old.dataset["curie"] ?? "")}"]`)?.replaceWith(old);
    }
    list.replaceChildren(level);
    prepare(list);
    node.append(list);
    delete node.dataset["folded"];
    return true;
  }

  /** Puts the next page of a level in the place of the link to it. */
  private async more(rest: HTMLElement): Promise<void> {
    const upper = nodeOf(rest.parentElement ?? rest);
    const after = rest.querySelector<HTMLElement>("[data-after]")?.dataset["after"] ?? "";
    const level = await this.level(rest, upper?.dataset["curie"] ?? "", after);
    if (!level) return;
    prepare(level);
    const first = level.querySelector<HTMLElement>(STOP);
    rest.replaceWith(level);
    this.focus(first);
  }

  private async level(item: HTMLElement, of: string, after: string): Promise<DocumentFragment | undefined> {
    const { tree, used, busy, failed } = this.tree.dataset;
    const note = document.createElement("span");
    note.className = "tree-status";
    note.setAttribute("role", "status");
    const row = item.querySelector(":scope > .tree-row") ?? item;
    row.querySelector(":scope > .tree-status")?.remove();
    row.append(note);
    const slow = setTimeout(() => (note.textContent = busy ?? ""), SLOW_MS);
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
      return undefined;
    } finally {
      clearTimeout(slow);
    }
  }
}

interface Named {
  curie: string;
  label: string;
  name: string;
}

const WAIT_MS = 150;

/** Offers terms below a search box (`input[data-names]` with a list of its own) while somebody types. */
function offerNames(input: HTMLInputElement): void {
  let timer = 0;
  let asked: AbortController | undefined;
  const ask = async (): Promise<void> => {
    asked?.abort();
    asked = new AbortController();
    const q = input.value.trim();
    if (!q) return input.list?.replaceChildren();
    try {
      const response = await fetch(`${input.dataset["names"]}?${new URLSearchParams({ q })}`, { signal: asked.signal });
      if (!response.ok) return;
      const { items } = (await response.json()) as { items: Named[] };
      input.list?.replaceChildren(...items.map(({ curie, label, name }) => new Option(name ? `${name} · ${curie}` : curie, label)));
    } catch {
      // Superseded, or offline: the form finds it when it is sent.
    }
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    // Chosen from the list: no need to look again.
    if (event instanceof InputEvent && event.inputType !== "insertReplacementText") timer = window.setTimeout(() => void ask(), WAIT_MS);
  });
}

export function startTrees(): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[data-names]")) offerNames(input);
  for (const tree of document.querySelectorAll<HTMLUListElement>("ul[data-tree]")) new Tree(tree);
}
