/** The deposit's forms and files, come alive. All but uploading works without it. */
import { startAutosave } from "./autosave";
import { startChoosing } from "./choose";
import { watchReading } from "./reading";
import { startTables } from "./tables";
import { startTerms } from "./terms";

/** A link to a field opens the form it is in, scrolls there, and puts the cursor in it. */
function goToField(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!location.hash.startsWith("#f-")) return;
  if (!target) return openItsPage();
  for (let fold = target.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  const fields = "input:not([type=hidden]):enabled, select:enabled, textarea:enabled";
  const control = target.matches(".entity") && target.querySelector(fields) ? fields : `${fields}, summary, [tabindex]`;
  (target.matches(control) ? target : (target.querySelector<HTMLElement>(control) ?? target)).focus();
  target.scrollIntoView({ block: "center" });
}

/** A row that is on another page of its list: the site opens that page if the address names the row. */
function openItsPage(): void {
  const row = /^#f-[a-z_]+-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/.exec(location.hash)?.[1];
  if (row && new URLSearchParams(location.search).get("open") !== row) location.search = `?open=${row}`;
}

export function startDeposit(root: HTMLElement): void {
  startTerms(root);
  startTables(root);
  startAutosave(root);
  startChoosing(root);
  void watchReading();
  const upload = root.querySelector<HTMLElement>("[data-upload]");
  if (upload) void import("./uploads").then(({ startUploads }) => startUploads(upload));
  goToField();
  addEventListener("hashchange", goToField);
}
