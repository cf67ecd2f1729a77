/** The one helper the panels are built with. Texts are always set as text, never as HTML. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes (false and undefined are left out, true is empty) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) created.setAttribute(key, value === true ? "" : String(value));
  }
  created.append(...children);
  return created;
}

const SVG = "http://www.w3.org/2000/svg";

/** A 16 × 16 icon from path data, drawn in the text's colour. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const shape = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function iconButton(path: string, label: string, action: () => void): HTMLButtonElement {
  const button = element("button", { type: "button", class: "viewer-button", title: label, "aria-label": label }, icon(path));
  button.addEventListener("click", action);
  return button;
}
