/** Reads planes out of a pyramid's chunks: shared requests, one abort signal a reader, decoded chunks kept in an LRU. */
import * as zarr from "zarrita";
import { ByteLru } from "./lru";
import { SourceError, type Pyramid } from "./omezarr";
import { copyPlane, newPixels, toChunk, type Chunk, type Pixels, type Rectangle } from "./pixels";

interface Job {
  readonly promise: Promise<Chunk>;
  readonly controller: AbortController;
  readers: number;
}

export interface PlaneIndex {
  readonly level: number;
  readonly c: number;
  readonly z: number;
  readonly t: number;
}

const CACHE_BYTES = 256 * 2 ** 20;

export class PlaneReader {
  private readonly cache: ByteLru<Chunk>;
  private readonly jobs = new Map<string, Job>();

  constructor(
    readonly pyramid: Pyramid,
    cacheBytes = CACHE_BYTES,
  ) {
    this.cache = new ByteLru(cacheBytes);
  }

  /** Chunks asked for and not yet here. */
  get pending(): number {
    return this.jobs.size;
  }

  /** The values of one plane in `rectangle`, row-major. Rejects with the signal's reason once aborted. */
  async read(index: PlaneIndex, rectangle: Rectangle, signal: AbortSignal): Promise<Pixels> {
    const { axes, type, levels } = this.pyramid;
    const { array } = levels[index.level]!;
    const place = { x: axes.findIndex((a) => a.name === "x"), y: axes.findIndex((a) => a.name === "y") };
    const chosen = axes.map(({ name }, i) => {
      const wanted = name === "c" ? index.c : name === "z" ? index.z : name === "t" ? index.t : 0;
      return Math.min(wanted, array.shape[i]! - 1);
    });
    const [chunkX, chunkY] = [array.chunks[place.x]!, place.y < 0 ? 1 : array.chunks[place.y]!];
    const out = newPixels(type, (rectangle.x1 - rectangle.x0) * (rectangle.y1 - rectangle.y0));
    const copies: Promise<void>[] = [];
    for (let row = Math.floor(rectangle.y0 / chunkY); row * chunkY < rectangle.y1; row++) {
      for (let column = Math.floor(rectangle.x0 / chunkX); column * chunkX < rectangle.x1; column++) {
        const coordinates = chosen.map((at, i) =>
          i === place.x ? column : i === place.y ? row : Math.floor(at / array.chunks[i]!),
        );
        const copy = async () => {
          const chunk = await this.chunk(index.level, coordinates, signal);
          const inside = (at: number, i: number) => (i === place.x || i === place.y ? 0 : at % array.chunks[i]!);
          const offset = chosen.reduce((sum, at, i) => sum + inside(at, i) * chunk.stride[i]!, 0);
          copyPlane(chunk, { x: column * chunkX, y: row * chunkY }, offset, place, rectangle, out);
        };
        copies.push(copy());
      }
    }
    await Promise.all(copies);
    return out;
  }

  private chunk(level: number, coordinates: number[], signal: AbortSignal): Promise<Chunk> {
    signal.throwIfAborted();
    const key = `${level}/${coordinates.join("/")}`;
    const cached = this.cache.get(key);
    if (cached) return Promise.resolve(cached);
    const job = this.jobs.get(key) ?? this.start(key, level, coordinates);
    job.readers++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--job.readers === 0 && this.jobs.get(key) === job) {
          this.jobs.delete(key);
          job.controller.abort();
        }
      };
      signal.addEventListener("abort", leave, { once: true });
      job.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  private start(key: string, level: number, coordinates: number[]): Job {
    const controller = new AbortController();
    const promise = this.fetch(level, coordinates, controller.signal).then((chunk) => {
      this.cache.set(key, chunk, chunk.data.byteLength);
      return chunk;
    });
    const job: Job = { promise, controller, readers: 0 };
    this.jobs.set(key, job);
    const done = () => {
      if (this.jobs.get(key) === job) this.jobs.delete(key);
    };
    promise.then(done, done);
    return job;
  }

  private async fetch(level: number, coordinates: number[], signal: AbortSignal): Promise<Chunk> {
    for (;;) {
      try {
        const { array } = this.pyramid.levels[level]!;
        return toChunk(await array.getChunk(coordinates, { signal }), this.pyramid.type);
      } catch (error) {
        if (signal.aborted) throw error;
        // A shard's index is one request shared by its readers: when the first reader leaves, the others ask again.
        if (error instanceof DOMException && error.name === "AbortError") continue;
        if (zarr.isZarritaError(error, "UnknownCodecError")) throw new SourceError("codec", error.codec);
        throw error;
      }
    }
  }
}
