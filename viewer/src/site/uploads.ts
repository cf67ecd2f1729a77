/**
 * Uploads by tus 1.0 (tus-js-client): from two file inputs and a drop zone, three at a time, in chunks, resumed where
 * they stopped, also after the browser was closed and the same files are chosen again. A `.zarr` or `.n5` folder is one item.
 */
import { type DetailedError, Upload } from "tus-js-client";
import { refreshFiles, watchReading } from "./reading";
import { dataSize, duration, element, say } from "./texts";

const PARALLEL = 3;
const CHUNK_BYTES = 16 * 2 ** 20;
const SMALL_BYTES = 2 ** 20;
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 30_000, 60_000];
const FOLDER = /^(.*?\.(?:zarr|n5))\//i;
const SHOWN = 100;
const FEW = 5; // lines that may stay when all has arrived
const PAINT_MS = 250;

interface Chosen {
  file: File;
  path: string;
}

type State = "waiting" | "going" | "paused" | "arrived" | "failed" | "cancelled";

/** One line of the list: a file, or a folder that is kept as one image. */
class Item {
  state: State = "waiting";
  problem = "";
  sent: number[];
  next = 0; // the first file that was not begun
  readonly uploads = new Map<number, Upload>();
  readonly bytes: number;
  readonly row: HTMLLIElement;

  constructor(
    readonly path: string,
    readonly files: Chosen[],
    readonly isFolder: boolean,
  ) {
    this.sent = files.map(() => 0);
    this.bytes = files.reduce((sum, { file }) => sum + file.size, 0);
    this.row = element("li", { className: "upload" });
  }

  get done(): number {
    return this.sent.reduce((sum, bytes) => sum + bytes, 0);
  }

  get isOver(): boolean {
    return this.state === "arrived" || this.state === "failed" || this.state === "cancelled";
  }
}

class Uploads {
  private readonly items: Item[] = [];
  private readonly list = element("ul", { className: "uploads plain" });
  private readonly summary = element("p", { className: "uploads-summary" });
  private readonly announced = element("div", { className: "visually-hidden", role: "status" });
  private began = 0;
  private before = 0; // bytes that were there already when an upload was resumed
  private paint = 0;

  constructor(
    place: HTMLElement,
    private readonly endpoint: string,
    private readonly study: string,
    private readonly most: number,
  ) {
    place.append(this.summary, this.list, this.announced);
    addEventListener("beforeunload", (event) => this.going().length && event.preventDefault());
  }

  add(chosen: Chosen[]): void {
    const folders = new Map<string, Chosen[]>();
    for (const one of chosen) {
      const folder = FOLDER.exec(one.path)?.[1];
      if (!folder) this.put(new Item(one.path, [one], false));
      else if (!folders.get(folder)?.push(one)) folders.set(folder, [one]);
    }
    for (const [folder, files] of folders) this.put(new Item(folder, files, true));
    if (!this.began) this.began = performance.now();
    this.work();
  }

  private put(item: Item): void {
    const again = this.items.findIndex((one) => one.path === item.path);
    if (again >= 0) {
      const there = this.items[again]!;
      if (!there.isOver) return;
      there.row.remove();
      this.items.splice(again, 1);
    }
    if (item.bytes > this.most) {
      item.state = "failed";
      item.problem = say("tooLarge", { size: dataSize(item.bytes), most: dataSize(this.most) });
    }
    this.items.push(item);
  }

  private going(): Item[] {
    return this.items.filter((one) => one.state === "going" || one.state === "waiting");
  }

  /** Begins as many files as may go at once. */
  private work(): void {
    let free = PARALLEL - this.items.reduce((sum, one) => sum + one.uploads.size, 0);
    for (const item of this.items) {
      while (free > 0 && (item.state === "waiting" || item.state === "going") && item.next < item.files.length) {
        void this.begin(item, item.next++);
        free--;
      }
    }
    this.show();
  }

  private async begin(item: Item, index: number): Promise<void> {
    const { file, path } = item.files[index]!;
    item.state = "going";
    const upload = new Upload(file, {
      endpoint: this.endpoint,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_MS,
      // Of a first request that breaks off nobody knows the address; so it carries no more than is quickly sent again.
      uploadDataDuringCreation: file.size <= SMALL_BYTES,
      // Of a folder all files are remembered until it is whole, so that one chosen again only sends what is missing.
      removeFingerprintOnSuccess: !item.isFolder,
      headers: { "X-CSRFToken": document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")!.value },
      metadata: {
        study: this.study,
        filename: file.name,
        relativePath: path,
        ...(item.isFolder && { folderFiles: String(item.files.length) }),
      },
      fingerprint: (of) => Promise.resolve(["tus", this.study, path, of.size, of.lastModified, item.files.length].join("|")),
      onProgress: (sent) => {
        item.sent[index] = sent;
        this.showSoon();
      },
      onShouldRetry: (error) => mayRetry(error),
      onSuccess: () => this.succeeded(item, index),
      onError: (error) => this.failed(item, index, error),
    });
    item.uploads.set(index, upload);
    const [previous] = await upload.findPreviousUploads();
    if (previous) upload.resumeFromPreviousUpload(previous);
    if (item.uploads.get(index) !== upload) return; // cancelled meanwhile
    let first = true;
    const progress = upload.options.onProgress!;
    upload.options.onProgress = (sent, total) => {
      if (first && previous) this.before += sent;
      first = false;
      progress(sent, total);
    };
    upload.start();
  }

  private succeeded(item: Item, index: number): void {
    item.uploads.delete(index);
    item.sent[index] = item.files[index]!.file.size;
    if (item.next === item.files.length && !item.uploads.size) {
      item.state = "arrived";
      if (item.isFolder) this.forget(item);
      void refreshFiles().then(watchReading);
    }
    this.work();
    if (!this.going().length) {
      const count = this.items.filter((one) => one.state === "arrived").length;
      this.announced.textContent = say("uploaded", { count });
      this.began = 0;
    }
  }

  private failed(item: Item, index: number, error: Error | DetailedError): void {
    item.uploads.delete(index);
    item.next = Math.min(item.next, index);
    for (const upload of item.uploads.values()) void upload.abort();
    item.uploads.clear();
    item.next = 0;
    item.state = "failed";
    item.problem = reasonOf(error);
    this.announced.textContent = `${item.path}: ${item.problem}`;
    this.work();
  }

  private pause(item: Item): void {
    for (const upload of item.uploads.values()) void upload.abort();
    item.uploads.clear();
    item.next = 0;
    item.state = "paused";
    this.work();
  }

  private resume(item: Item): void {
    // Files that arrived answer at once that they are whole.
    item.next = 0;
    item.problem = "";
    item.state = "waiting";
    if (!this.began) this.began = performance.now();
    this.work();
  }

  private cancel(item: Item): void {
    for (const upload of item.uploads.values()) void upload.abort(true);
    item.uploads.clear();
    item.state = "cancelled";
    this.forget(item);
    this.work();
  }

  private forget(item: Item): void {
    for (const { file, path } of item.files) {
      const print = ["tus", this.study, path, file.size, file.lastModified, item.files.length].join("|");
      for (const key of Object.keys(localStorage)) if (key.startsWith(`tus::${print}::`)) localStorage.removeItem(key);
    }
  }

  private showSoon(): void {
    this.paint ||= window.setTimeout(() => this.show(), PAINT_MS);
  }

  private show(): void {
    clearTimeout(this.paint);
    this.paint = 0;
    for (const item of this.items.slice(0, SHOWN)) this.showItem(item);
    const shown = this.items.slice(0, SHOWN).map((one) => one.row);
    const rest = this.items.length - shown.length;
    if (shown.some((row) => !row.isConnected) || rest > 0) {
      this.list.replaceChildren(...shown);
      if (rest > 0) this.list.append(element("li", { className: "muted" }, say("moreUploads", { count: rest })));
    }
    const wanted = this.items.filter((one) => one.state !== "cancelled");
    // The table below has what arrived; a long list of ticks only stands before it.
    this.list.hidden = wanted.length > FEW && wanted.every((one) => one.state === "arrived");
    const sent = wanted.reduce((sum, one) => sum + one.done, 0);
    const bytes = wanted.reduce((sum, one) => sum + one.bytes, 0);
    const done = wanted.filter((one) => one.state === "arrived").length;
    const seconds = (performance.now() - this.began) / 1000;
    const rate = (sent - this.before) / seconds;
    const left = this.going().length && rate > 0 && seconds > 2 ? ` · ${say("timeLeft", { time: duration((bytes - sent) / rate) })}` : "";
    this.summary.textContent = wanted.length
      ? say("filesTotal", { done, total: wanted.length, sent: dataSize(sent), bytes: dataSize(bytes) }) + left
      : "";
  }

  private showItem(item: Item): void {
    const { row, state } = item;
    if (row.dataset["state"] !== state) {
      row.dataset["state"] = state;
      const button = (text: string, act: () => void) => {
        const made = element("button", { type: "button", className: "btn btn-outline-secondary btn-sm" }, say(text));
        made.setAttribute("aria-label", `${say(text)}: ${item.path}`);
        made.addEventListener("click", act);
        return made;
      };
      const buttons: HTMLButtonElement[] = [];
      if (state === "going" || state === "waiting") buttons.push(button("pause", () => this.pause(item)));
      if (state === "paused") buttons.push(button("resume", () => this.resume(item)));
      if (state === "failed" && item.bytes <= this.most) buttons.push(button("retry", () => this.resume(item)));
      if (state !== "arrived" && state !== "cancelled") buttons.push(button("cancel", () => this.cancel(item)));
      const bar = element("progress", { className: "progress-native", max: Math.max(item.bytes, 1) });
      bar.setAttribute("aria-label", item.path);
      const focused = row.contains(document.activeElement);
      row.replaceChildren(
        element("span", { className: "mono upload-path" }, item.path),
        element("span", { className: "upload-said" }),
        element("span", { className: "upload-tools" }, ...buttons),
        ...(state === "going" || state === "paused" ? [bar] : []),
        ...(item.problem && state === "failed" ? [element("p", { className: "field-error mb-0" }, item.problem)] : []),
      );
      if (focused) buttons[0]?.focus();
    }
    const bar = row.querySelector("progress");
    if (bar) bar.value = item.done;
    const words = state === "going" ? `${dataSize(item.done)} / ${dataSize(item.bytes)}` : state === "failed" ? "" : say(state);
    row.querySelector(".upload-said")!.textContent = words;
  }
}

/** The site's refusals stay refusals; what a dead line or an overloaded site says may change. */
function mayRetry(error: DetailedError): boolean {
  const status = error.originalResponse?.getStatus() ?? 0;
  if (status >= 400 && status < 500) return status === 423 || (status === 409 && error.originalRequest.getMethod() !== "POST");
  return true;
}

function reasonOf(error: Error | DetailedError): string {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (!response) return say("uploadFailed", { reason: say("siteSilent") });
  try {
    const { detail, title } = JSON.parse(response.getBody()) as { detail?: string; title?: string };
    return detail ?? title ?? String(response.getStatus());
  } catch {
    return say("uploadFailed", { reason: String(response.getStatus()) });
  }
}

/** All files below what was dropped, with their paths. */
async function dropped(items: DataTransferItemList): Promise<Chosen[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Chosen[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ file, path: entry.fullPath.replace(/^\//, "") });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (!part.length) return; // a reader gives at most 100 at a time
      for (const one of part) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
}

export function startUploads(section: HTMLElement): void {
  const { endpoint, study, max } = section.dataset;
  const uploads = new Uploads(section.querySelector<HTMLElement>("[data-uploads]")!, endpoint!, study!, Number(max));
  for (const input of section.querySelectorAll<HTMLInputElement>("input[type=file]")) {
    const take = () => {
      if (!input.files?.length) return;
      uploads.add([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      input.value = "";
    };
    input.addEventListener("change", take);
    take(); // what was chosen before this script was there
  }
  const zone = section.querySelector<HTMLElement>("[data-drop]")!;
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer) void dropped(event.dataTransfer.items).then((files) => uploads.add(files));
  });
}
