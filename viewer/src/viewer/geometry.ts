/** Level and tile arithmetic. World units are pixels of level 0, x to the right and y down. */

export interface LevelGeometry {
  readonly width: number;
  readonly height: number;
  /** World units per pixel of this level. */
  readonly scaleX: number;
  readonly scaleY: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** What the canvas shows: its centre in world units, log2 of device pixels per world unit, its size in device pixels. */
export interface ViewWindow {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly width: number;
  readonly height: number;
}

/** A tile in pixels of its level: [x0, x1) × [y0, y1), cropped to the image (chunks are padded in Zarr). */
export interface Tile {
  readonly key: string;
  readonly level: number;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export type Bounds = readonly [left: number, top: number, right: number, bottom: number];

const SMALLEST_TILE = 256;
const LARGEST_TILE = 1024;

/** Tile edge for a chunk edge: whole chunks joined up to 256 pixels, chunks over 1024 pixels cut into equal parts. */
export function tileEdge(chunk: number): number {
  if (chunk < SMALLEST_TILE) return chunk * Math.ceil(SMALLEST_TILE / chunk);
  if (chunk > LARGEST_TILE) return Math.ceil(chunk / Math.ceil(chunk / (LARGEST_TILE / 2)));
  return chunk;
}

/**
 * World units per pixel of a level along one axis: what the scale transforms say, unless it misses the image's edge by
 * more than two pixels of the level (some writers leave wrong scales); then the ratio of the sizes.
 */
export function levelScale(size0: number, size: number, scale0: number | undefined, scale: number | undefined): number {
  const declared = scale0 && scale ? scale / scale0 : NaN;
  const agrees = Number.isFinite(declared) && declared > 0 && Math.abs(size * declared - size0) <= 2 * declared;
  return agrees ? declared : size0 / size;
}

/** The coarsest level that still has at least one pixel per device pixel; the finest one when zoomed in further. */
export function chooseLevel(levels: readonly LevelGeometry[], zoom: number): number {
  const worldPerPixel = 2 ** -zoom * 1.001;
  let best = 0;
  levels.forEach((level, i) => {
    const scale = Math.max(level.scaleX, level.scaleY);
    if (scale <= worldPerPixel && scale >= Math.max(levels[best]!.scaleX, levels[best]!.scaleY)) best = i;
  });
  return best;
}

export function visibleBounds(view: ViewWindow): Bounds {
  const halfWidth = view.width / 2 / 2 ** view.zoom;
  const halfHeight = view.height / 2 / 2 ** view.zoom;
  return [view.x - halfWidth, view.y - halfHeight, view.x + halfWidth, view.y + halfHeight];
}

/** Tiles of one level that meet the bounds, those nearest the middle of the bounds first. */
export function tilesIn(level: LevelGeometry, index: number, [left, top, right, bottom]: Bounds): Tile[] {
  const { width, height, scaleX, scaleY, tileWidth, tileHeight } = level;
  const firstColumn = Math.max(0, Math.floor(left / scaleX / tileWidth));
  const firstRow = Math.max(0, Math.floor(top / scaleY / tileHeight));
  const lastColumn = Math.min(Math.ceil(width / tileWidth), Math.ceil(right / scaleX / tileWidth)) - 1;
  const lastRow = Math.min(Math.ceil(height / tileHeight), Math.ceil(bottom / scaleY / tileHeight)) - 1;
  const tiles: Tile[] = [];
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const x0 = column * tileWidth;
      const y0 = row * tileHeight;
      const [x1, y1] = [Math.min(width, x0 + tileWidth), Math.min(height, y0 + tileHeight)];
      tiles.push({ key: `${index}/${column}/${row}`, level: index, x0, y0, x1, y1 });
    }
  }
  const [middleX, middleY] = [(left + right) / 2 / scaleX, (top + bottom) / 2 / scaleY];
  const distance = (t: Tile) => Math.hypot((t.x0 + t.x1) / 2 - middleX, (t.y0 + t.y1) / 2 - middleY);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

export function tileBounds(level: LevelGeometry, tile: Tile): Bounds {
  const { scaleX, scaleY } = level;
  return [tile.x0 * scaleX, tile.y0 * scaleY, tile.x1 * scaleX, tile.y1 * scaleY];
}

/** Zoom at which the whole image fits the canvas, with a little room around it. */
export function fitZoom(width: number, height: number, canvasWidth: number, canvasHeight: number): number {
  return Math.log2(Math.min(canvasWidth / width, canvasHeight / height) * 0.98);
}

/** The coarsest level on which the visible part of the image still has about `wanted` pixels, else the finest. */
export function statisticsLevel(levels: readonly LevelGeometry[], bounds: Bounds, wanted = 128 * 128): number {
  const [width, height] = [levels[0]!.width, levels[0]!.height];
  const visibleWidth = Math.max(1, Math.min(width, bounds[2]) - Math.max(0, bounds[0]));
  const visibleHeight = Math.max(1, Math.min(height, bounds[3]) - Math.max(0, bounds[1]));
  for (let i = levels.length - 1; i > 0; i--) {
    const level = levels[i]!;
    if ((visibleWidth / level.scaleX) * (visibleHeight / level.scaleY) >= wanted) return i;
  }
  return 0;
}
