/** Which tiles are wanted, loading and drawn. Coarse tiles stay under fine ones, and old ones until new ones are there. */
import type { Device } from "@luma.gl/core";
import { ChannelLayer, ChannelTable, type TilePlanes } from "./channel-layer";
import type { PlaneReader } from "./chunks";
import { chooseLevel, tileBounds, tilesIn, visibleBounds, type Tile, type ViewWindow } from "./geometry";
import type { Level } from "./omezarr";
import type { ChannelSettings } from "./settings";

export interface SceneRequest {
  readonly view: ViewWindow;
  readonly channels: readonly ChannelSettings[];
  readonly z: number;
  readonly t: number;
}

/** Which planes a tile holds or loads. */
interface Content {
  readonly z: number;
  readonly t: number;
  readonly channels: readonly number[];
}

interface SceneTile {
  readonly tile: Tile;
  shown?: Content & { readonly data: TilePlanes; readonly id: string };
  loading?: Content & { readonly controller: AbortController };
  failed?: Content;
}

const BASE_TILE_LIMIT = 16;

function covers(content: Content | undefined, wanted: Content): boolean {
  if (!content || content.z !== wanted.z || content.t !== wanted.t) return false;
  return wanted.channels.every((index) => content.channels.includes(index));
}

export class Scene {
  private readonly tiles = new Map<string, SceneTile>();
  private readonly tables = new Map<string, ChannelTable>();
  private request: SceneRequest | undefined;
  private wanted: Tile[] = [];
  private revision = 0;
  private serial = 0;

  constructor(
    private readonly reader: PlaneReader,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  private get levels(): readonly Level[] {
    return this.reader.pyramid.levels;
  }

  /** Tiles that are wanted and not yet drawn. */
  get pending(): number {
    return [...this.tiles.values()].filter((tile) => tile.loading).length;
  }

  /** Asks for what the view needs; aborts what it no longer needs. */
  update(request: SceneRequest): void {
    if (this.request?.channels !== request.channels) this.revision++;
    this.request = request;
    const content = this.content(request);
    this.wanted = content.channels.length ? this.wantedTiles(request.view) : [];
    const keys = new Set(this.wanted.map((tile) => tile.key));
    for (const [key, { loading }] of this.tiles) if (loading && !keys.has(key)) this.abort(key);
    for (const tile of this.wanted) this.load(tile, content);
    this.prune(keys);
  }

  /** Forgets failures, so that the next update asks again. */
  retry(): void {
    for (const tile of this.tiles.values()) delete tile.failed;
  }

  /** One layer a drawn tile, coarse below fine; the level in view on top of all. */
  layers(device: Device): ChannelLayer[] {
    if (!this.request) return [];
    const { view, channels } = this.request;
    const current = chooseLevel(this.levels, view.zoom);
    const drawn = [...this.tiles.values()].filter((tile) => tile.shown);
    const order = (tile: SceneTile) => (tile.tile.level === current ? Infinity : -tile.tile.level);
    drawn.sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b)));
    const used = new Set(drawn.map((tile) => tile.shown!.channels.join()));
    for (const [key, table] of this.tables) {
      if (used.has(key)) continue;
      table.destroy();
      this.tables.delete(key);
    }
    for (const key of used) this.table(device, key).update(channels);
    return drawn.map(({ tile, shown }) => this.layer(device, tile, shown!, view.zoom));
  }

  private layer(device: Device, tile: Tile, shown: NonNullable<SceneTile["shown"]>, zoom: number): ChannelLayer {
    const level = this.levels[tile.level]!;
    const image = this.levels[0]!;
    const [left, top, right, bottom] = tileBounds(level, tile);
    // A level of odd size rounded up reaches past the image's edge.
    const bounds = [left, top, Math.min(right, image.width), Math.min(bottom, image.height)] as const;
    const footprint = 1 / (Math.min(level.scaleX, level.scaleY) * 2 ** zoom);
    return new ChannelLayer({
      id: shown.id,
      tile: shown.data,
      type: this.reader.pyramid.type,
      bounds,
      extent: [(bounds[2] - left) / level.scaleX, (bounds[3] - top) / level.scaleY],
      table: this.table(device, shown.channels.join()),
      footprint: Math.max(1, footprint),
      revision: this.revision,
    });
  }

  private table(device: Device, key: string): ChannelTable {
    const table = this.tables.get(key) ?? new ChannelTable(device, this.reader.pyramid.type, key.split(",").map(Number));
    this.tables.set(key, table);
    return table;
  }

  private content({ channels, z, t }: SceneRequest): Content {
    return { z, t, channels: channels.filter((channel) => channel.on).map((channel) => channel.index) };
  }

  /** The coarsest level first when it is small (it shows something at once, everywhere), then the level in view. */
  private wantedTiles(view: ViewWindow): Tile[] {
    const index = chooseLevel(this.levels, view.zoom);
    const tiles = tilesIn(this.levels[index]!, index, visibleBounds(view));
    const last = this.levels.length - 1;
    if (index === last) return tiles;
    const base = this.levels[last]!;
    const everywhere = tilesIn(base, last, [0, 0, base.width * base.scaleX, base.height * base.scaleY]);
    return everywhere.length <= BASE_TILE_LIMIT ? [...everywhere, ...tiles] : tiles;
  }

  private load(tile: Tile, content: Content): void {
    const entry = this.tiles.get(tile.key) ?? { tile };
    this.tiles.set(tile.key, entry);
    if (covers(entry.shown, content)) return this.abort(tile.key);
    if (covers(entry.loading, content) || covers(entry.failed, content)) return;
    const previous = entry.loading;
    const controller = new AbortController();
    entry.loading = { ...content, controller };
    const planes = content.channels.map((c) =>
      this.reader.read({ level: tile.level, c, z: content.z, t: content.t }, tile, controller.signal),
    );
    // Only now, so that chunks which the old and the new request share are not asked for twice.
    previous?.controller.abort();
    Promise.all(planes).then(
      (loaded) => this.loaded(entry, content, loaded, controller),
      (error: unknown) => this.refused(entry, content, error, controller),
    );
  }

  private loaded(entry: SceneTile, content: Content, planes: TilePlanes["planes"], controller: AbortController): void {
    if (controller.signal.aborted) return;
    const { key, x0, y0, x1, y1 } = entry.tile;
    entry.shown = { ...content, data: { planes, width: x1 - x0, height: y1 - y0 }, id: `${key}#${this.serial++}` };
    delete entry.loading;
    delete entry.failed;
    this.prune(new Set(this.wanted.map((tile) => tile.key)));
    this.changed();
  }

  private refused(entry: SceneTile, content: Content, error: unknown, controller: AbortController): void {
    if (controller.signal.aborted) return;
    controller.abort();
    delete entry.loading;
    entry.failed = content;
    this.failed(error);
    this.changed();
  }

  private abort(key: string): void {
    const entry = this.tiles.get(key);
    entry?.loading?.controller.abort();
    if (entry) delete entry.loading;
  }

  /** Unwanted tiles stay only while they stand in for wanted ones in view; their chunks stay in the reader's cache. */
  private prune(wanted: ReadonlySet<string>): void {
    const waiting = this.pending > 0;
    const [left, top, right, bottom] = visibleBounds(this.request!.view);
    for (const [key, { tile }] of this.tiles) {
      if (wanted.has(key)) continue;
      const [x0, y0, x1, y1] = tileBounds(this.levels[tile.level]!, tile);
      const inView = x0 < right && x1 > left && y0 < bottom && y1 > top;
      if (!waiting || !inView) this.tiles.delete(key);
    }
  }

  /** Values at a world position of the channels the finest drawn tile there holds, by channel index. */
  valuesAt(x: number, y: number): Map<number, number> {
    const values = new Map<number, number>();
    const drawn = [...this.tiles.values()].sort((a, b) => b.tile.level - a.tile.level);
    for (const { tile, shown } of drawn) {
      if (!shown) continue;
      const level = this.levels[tile.level]!;
      const [column, row] = [Math.floor(x / level.scaleX), Math.floor(y / level.scaleY)];
      if (column < tile.x0 || column >= tile.x1 || row < tile.y0 || row >= tile.y1) continue;
      const at = (row - tile.y0) * (tile.x1 - tile.x0) + column - tile.x0;
      shown.channels.forEach((index, i) => values.set(index, shown.data.planes[i]![at]!));
    }
    return values;
  }
}
