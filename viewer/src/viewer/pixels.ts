/** Pixel arrays the GPU takes, and how a tile's plane is cut out of decoded chunks. */

export type Pixels = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float32Array;

export type PixelType = "uint8" | "uint16" | "uint32" | "int8" | "int16" | "int32" | "float32";

/** Zarr data type → pixel type on the GPU. 64-bit and half floats become float32; booleans uint8. */
export const GPU_TYPE: Readonly<Record<string, PixelType>> = {
  bool: "uint8",
  uint8: "uint8",
  uint16: "uint16",
  uint32: "uint32",
  int8: "int8",
  int16: "int16",
  int32: "int32",
  float16: "float32",
  float32: "float32",
  float64: "float32",
  int64: "float32",
  uint64: "float32",
};

const CONSTRUCTORS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
} as const;

export const newPixels = (type: PixelType, length: number): Pixels => new CONSTRUCTORS[type](length);

/** A decoded chunk: values with strides (in values), any axis order. */
export interface Chunk {
  readonly data: Pixels;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** Zarrita's chunk → one whose values the GPU takes. Without conversion the bytes are shared, not copied. */
export function toChunk(
  chunk: { data: unknown; shape: readonly number[]; stride: readonly number[] },
  type: PixelType,
): Chunk {
  const { data } = chunk;
  if (data instanceof CONSTRUCTORS[type]) return { ...chunk, data };
  const values = data as Iterable<number | bigint | boolean>;
  return { ...chunk, data: new CONSTRUCTORS[type](Array.from(values, Number)) };
}

/** A rectangle of a level's plane, [x0, x1) × [y0, y1). */
export interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/**
 * Copies what of `chunk` lies in `rectangle` to `out` (row-major, width x1 - x0).
 * `origin` is the chunk's first (x, y) in the level, `offset` the value at which its wanted plane starts,
 * `axes` where y and x are among the chunk's axes (-1 for a missing y).
 */
export function copyPlane(
  chunk: Chunk,
  origin: { x: number; y: number },
  offset: number,
  axes: { y: number; x: number },
  rectangle: Rectangle,
  out: Pixels,
): void {
  const { x0, y0, x1, y1 } = rectangle;
  const width = x1 - x0;
  const [fromX, toX] = [Math.max(x0, origin.x), Math.min(x1, origin.x + chunk.shape[axes.x]!)];
  const [fromY, toY] = [Math.max(y0, origin.y), Math.min(y1, origin.y + (axes.y < 0 ? 1 : chunk.shape[axes.y]!))];
  const strideX = chunk.stride[axes.x]!;
  const strideY = axes.y < 0 ? 0 : chunk.stride[axes.y]!;
  for (let y = fromY; y < toY; y++) {
    const from = offset + (y - origin.y) * strideY + (fromX - origin.x) * strideX;
    const to = (y - y0) * width + fromX - x0;
    if (strideX === 1) out.set(chunk.data.subarray(from, from + toX - fromX), to);
    else for (let i = 0; i < toX - fromX; i++) out[to + i] = chunk.data[from + i * strideX]!;
  }
}
