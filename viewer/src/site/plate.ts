/**
 * A plate's page: colours the wells when another value is chosen, tells of the well that is pointed at or focused, and
 * moves between wells by the arrow keys. Without it the page colours by its form, and wells are links with a tooltip.
 */

interface Values {
  name: string;
  texts: string[];
  colors: string[];
  wells: number[];
  legend: [label: string, color: string, count: number][];
}

interface PlateData {
  wells: [label: string, images: string[]][];
  values: Values[];
}

const STEPS: Record<string, [row: number, column: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function startPlate(page: HTMLElement): void {
  const data = JSON.parse(document.getElementById("plate-data")?.textContent ?? "null") as PlateData | null;
  const grid = page.querySelector<HTMLTableElement>(".plate-grid");
  const said = page.querySelector<HTMLElement>("#plate-well");
  if (!data || !grid || !said) return;
  said.querySelector<HTMLElement>("[data-plate-hint]")?.removeAttribute("hidden");
  startColours(page, grid, data);
  const tell = (event: Event): void => {
    const cell = (event.target as Element).closest<HTMLElement>("td[data-well]");
    if (cell) said.replaceChildren(...wellFacts(data, Number(cell.dataset["well"])));
  };
  grid.addEventListener("pointerover", tell);
  grid.addEventListener("focusin", tell);
  grid.addEventListener("keydown", (event) => move(grid, event));
}

function startColours(page: HTMLElement, grid: HTMLTableElement, data: PlateData): void {
  const select = page.querySelector<HTMLSelectElement>("#plate-by");
  if (!select) return;
  page.querySelector<HTMLElement>("[data-plate-show]")?.remove();
  select.addEventListener("change", () => {
    const values = data.values[Number(select.value)];
    for (const cell of grid.querySelectorAll<HTMLElement>("td[data-well]")) {
      const text = values?.wells[Number(cell.dataset["well"])] ?? -1;
      cell.style.setProperty("--well", values?.colors[text] ?? "");
    }
    page.querySelector("#plate-legend")?.replaceChildren(...(values?.legend ?? []).map(legendEntry));
    const address = new URL(location.href);
    address.searchParams.set("by", select.value);
    history.replaceState(history.state, "", address);
  });
}

function legendEntry([label, color, count]: Values["legend"][number]): HTMLElement {
  const entry = document.createElement("li");
  const swatch = element("span", "", "swatch");
  swatch.style.setProperty("--swatch", color);
  entry.append(swatch, element("span", label));
  if (count) entry.append(" ", element("span", String(count), "count"));
  return entry;
}

function wellFacts(data: PlateData, number: number): HTMLElement[] {
  const [label, images] = data.wells[number] ?? ["", []];
  const list = element("dl", "", "step-facts");
  for (const values of data.values) {
    const text = values.texts[values.wells[number] ?? -1];
    if (text) list.append(element("dt", values.name), element("dd", text));
  }
  const fields = element("p", "", "plate-fields");
  images.forEach((image, index) => {
    const link = element("a", String(index + 1)) as HTMLAnchorElement;
    link.href = `/images/${image}`;
    fields.append(link, " ");
  });
  const title = element("h2", label, "h5");
  return images.length > 1 ? [title, fields, list] : [title, list];
}

function element(tag: string, text: string, css = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = css;
  return made;
}

/** The next well with an image in the direction of the key. */
function move(grid: HTMLTableElement, event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = (event.target as Element).closest("td");
  const row = cell?.closest("tr");
  if (!step || !cell || !row || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const rows = grid.rows;
  let [y, x] = [row.rowIndex + step[0], cell.cellIndex + step[1]];
  while (y > 0 && y < rows.length && x > 0 && x < (rows[y]?.cells.length ?? 0)) {
    const link = rows[y]?.cells[x]?.querySelector("a");
    if (link) {
      link.focus();
      return;
    }
    y += step[0];
    x += step[1];
  }
}
