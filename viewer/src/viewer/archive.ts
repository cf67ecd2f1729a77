/** An image that lies in the site's archive: the server fetches it when it is opened, and says how far that is. */

const ASK_AGAIN_MS = 3000;

interface Availability {
  state: "here" | "archived" | "coming" | "failed";
  message: string;
  done?: number;
  total?: number;
}

/** Asks until the image is here; `show` is told how much of it is, from 0 to 1. Throws the server's words if it fails. */
export async function untilHere(source: string, show: (share: number) => void): Promise<void> {
  const address = source.replace(/\/[^/]+\/?$/, "/availability");
  for (;;) {
    const response = await fetch(address, { cache: "no-store" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const found = (await response.json()) as Availability;
    if (found.state === "here") return;
    if (found.state === "failed") throw new Error(found.message);
    show(found.total ? Math.min(1, (found.done ?? 0) / found.total) : 0);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
