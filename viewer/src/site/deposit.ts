/** The deposit's forms and files, come alive. All but uploading works without it. */
import { startAutosave } from "./autosave";
import { startChoosing } from "./choose";
import { watchReading } from "./reading";
import { startTables } from "./tables";
import { startTerms } from "./terms";

/** A link to a field opens the form it is in, scrolls there, and puts the cursor in it. */
function goToField(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || !location.hash.startsWith("#f-")) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  const fields = "input:not([type=hidden]):enabled, select:enabled, textarea:enabled";
  const control = target.matches(".entity") && target.querySelector(fields) ? fields : `${fields}, summary, [tabindex]`;
  (target.matches(control) ? target : (target.querySelector<HTMLElement>(control) ?? target)).focus();
  target.scrollIntoView({ block: "center" });
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
