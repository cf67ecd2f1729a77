/** Choosing many rows of the table of files: all of the page at once, or a range with the shift key. */
import { say } from "./texts";

const BOXES = "input[type=checkbox][name=file]";

export function startChoosing(root: HTMLElement): void {
  let last: HTMLInputElement | undefined;
  root.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement)) return;
    const boxes = [...root.querySelectorAll<HTMLInputElement>(BOXES)];
    if (box.matches("[data-check-all]")) for (const one of boxes) one.checked = box.checked;
    else if (box.matches(BOXES)) {
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const one of boxes.slice(from, to! + 1)) one.checked = box.checked;
      }
      last = box;
    } else return;
    const place = document.getElementById("chosen");
    if (place) place.textContent = say("chosen", { count: boxes.filter((one) => one.checked).length });
  });
}
