/** Live progress of the reading of files: `#reading` is polled while busy, and the table of files is brought up to date. */

const POLL_MS = 1500;
let polling = false;

const busy = () => document.getElementById("reading")?.dataset["busy"] === "1";

async function part(url: string): Promise<Document | undefined> {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    if (response.ok && !response.redirected) return new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    // Offline: asked again.
  }
  return undefined;
}

/** Takes the parts of the page that tell of files from a new copy of it, unless somebody is at work in them. */
export async function refreshFiles(): Promise<void> {
  const fresh = await part(location.href);
  for (const id of ["f-files", "panel", "reading", "unfinished"]) {
    const here = document.getElementById(id);
    const there = fresh?.getElementById(id);
    const inUse = here?.querySelector("input[name=file]:checked, details.confirm[open]") ?? here?.contains(document.activeElement);
    if (!here || !there || inUse) continue;
    replace(here, there);
    for (const [name, value] of Object.entries(there.dataset)) here.dataset[name] = value ?? "";
  }
  const [steps, wanted] = [document.querySelector(".deposit-steps"), fresh?.querySelector(".deposit-steps")];
  if (steps && wanted && !steps.contains(document.activeElement)) replace(steps, wanted);
}

/** A link that is replaced between the press of a mouse button and its release is not followed, so what is the same stays. */
function replace(here: Element, there: Element): void {
  if (here.innerHTML !== there.innerHTML) here.replaceChildren(...there.childNodes);
}

/** Polls until nothing is being read; may be called at any time. */
export async function watchReading(): Promise<void> {
  const place = document.getElementById("reading");
  if (!place || polling) return;
  polling = true;
  let settled = place.dataset["settled"];
  while (busy()) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const there = (await part(place.dataset["url"] ?? ""))?.getElementById("reading");
    if (!there) continue;
    replace(place, there);
    place.dataset["busy"] = there.dataset["busy"] ?? "";
    if (there.dataset["settled"] !== settled || !busy()) await refreshFiles();
    settled = there.dataset["settled"];
  }
  polling = false;
}
