/** Opens OME-Zarr 0.5 (Zarr v3) and 0.4 (Zarr v2) multiscale images. Source: ngff.openmicroscopy.org, versions 0.4 and 0.5. */
import * as zarr from "zarrita";
import { levelScale, tileEdge, type LevelGeometry } from "./geometry";
import { GPU_TYPE, type PixelType } from "./pixels";

export type ZarrArray = zarr.Array<zarr.DataType, zarr.Readable>;

export interface Axis {
  readonly name: string;
  readonly size: number;
  readonly unit: string;
  /** Physical distance (or time) between neighbours in `unit`; NaN when nothing says. */
  readonly step: number;
}

/** The `omero` block's channel, as far as the viewer reads it. */
export interface OmeroChannel {
  label?: string;
  color?: string;
  active?: boolean;
  window?: { min?: number; max?: number; start?: number; end?: number };
}

export interface Level extends LevelGeometry {
  readonly array: ZarrArray;
}

/** A multiscale image: levels from finest to coarsest, axes by name (any of t, c, z, y may be missing). */
export interface Pyramid {
  readonly name: string;
  readonly levels: readonly Level[];
  readonly axes: readonly Axis[];
  readonly type: PixelType;
  readonly dtype: string;
  readonly omeroChannels: readonly OmeroChannel[];
  readonly defaultZ: number | undefined;
  readonly defaultT: number | undefined;
}

/** An image that cannot be shown; `reason` names a text of texts.ts, `detail` says what was found. */
export class SourceError extends Error {
  constructor(
    readonly reason: "notFound" | "forbidden" | "network" | "refused" | "archived" | "notAnImage" | "pixelType" | "codec",
    readonly detail: string,
  ) {
    super(`${reason}: ${detail}`);
  }
}

interface Multiscale {
  name?: string;
  axes?: (string | { name: string; unit?: string })[];
  datasets: { path: string; coordinateTransformations?: { type: string; scale?: number[] }[] }[];
  coordinateTransformations?: { type: string; scale?: number[] }[];
}

interface ImageAttributes {
  multiscales?: Multiscale[];
  omero?: { channels?: OmeroChannel[]; rdefs?: { defaultZ?: number; defaultT?: number } };
  "bioformats2raw.layout"?: number;
}

type Place = zarr.Location<zarr.Readable>;

interface Opener {
  group(place: Place): Promise<zarr.Group<zarr.Readable>>;
  array(place: Place): Promise<ZarrArray>;
}

const OPENERS: Readonly<Record<string, Opener>> = {
  "0.4": { group: (p) => zarr.open.v2(p, { kind: "group" }), array: (p) => zarr.open.v2(p, { kind: "array", attrs: false }) },
  "0.5": { group: (p) => zarr.open.v3(p, { kind: "group" }), array: (p) => zarr.open.v3(p, { kind: "array" }) },
};
const AXES_0_3 = ["t", "c", "z", "y", "x"];

export const axisSize = (pyramid: Pyramid, name: string): number =>
  pyramid.axes.find((axis) => axis.name === name)?.size ?? 1;

async function fetchChecked(request: Request): Promise<Response> {
  const response = await fetch(request).catch((cause: unknown) => {
    if (request.signal.aborted) throw cause;
    throw new SourceError("network", new URL(request.url).pathname);
  });
  if (response.status === 401 || response.status === 403) {
    throw new SourceError("forbidden", `HTTP ${response.status}`);
  }
  if (response.status === 503 && response.headers.has("Retry-After")) throw new SourceError("archived", new URL(request.url).pathname);
  if (!response.ok && response.status !== 404) {
    const said = await problemOf(response);
    throw said ? new SourceError("refused", said) : new SourceError("network", `HTTP ${response.status}`);
  }
  return response;
}

/** What the site says is wrong (RFC 9457), e.g. that the file has changed; "" if it is not the site that answered. */
async function problemOf(response: Response): Promise<string> {
  if (response.headers.get("Content-Type") !== "application/problem+json") return "";
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown };
  return typeof problem.detail === "string" ? problem.detail : "";
}

/** Opens the group with the version said to be there, and with the other only if nothing is found. */
async function openGroup(root: Place, version: string) {
  const versions = version === "0.4" ? ["0.4", "0.5"] : ["0.5", "0.4"];
  for (const candidate of versions) {
    try {
      const opener = OPENERS[candidate]!;
      return { opener, group: await opener.group(root) };
    } catch (error) {
      if (!zarr.isZarritaError(error, "NotFoundError")) throw error;
    }
  }
  throw new SourceError("notFound", root.path);
}

async function openImage(root: Place, version: string) {
  const { opener, group } = await openGroup(root, version);
  const attributes = (group.attrs["ome"] ?? group.attrs) as ImageAttributes;
  if (attributes.multiscales?.[0]) return { opener, group, attributes, multiscale: attributes.multiscales[0] };
  // A bioformats2raw collection holds its images as "0", "1", …; the first one is shown.
  if (attributes["bioformats2raw.layout"] === undefined) throw new SourceError("notAnImage", root.path);
  const first = await opener.group(root.resolve("0"));
  const inner = (first.attrs["ome"] ?? first.attrs) as ImageAttributes;
  if (!inner.multiscales?.[0]) throw new SourceError("notAnImage", first.path);
  return { opener, group: first, attributes: inner, multiscale: inner.multiscales[0] };
}

function scaleOf(transformations: { type: string; scale?: number[] }[] | undefined): number[] | undefined {
  return transformations?.find((transformation) => transformation.type === "scale")?.scale;
}

function describeLevels(multiscale: Multiscale, arrays: ZarrArray[], names: string[]): Level[] {
  const [xAxis, yAxis] = [names.indexOf("x"), names.indexOf("y")];
  const edge = (array: ZarrArray, axis: number) => (axis < 0 ? 1 : array.shape[axis]!);
  const scales = multiscale.datasets.map((dataset) => scaleOf(dataset.coordinateTransformations));
  return arrays.map((array, i) => ({
    array,
    width: edge(array, xAxis),
    height: edge(array, yAxis),
    scaleX: levelScale(edge(arrays[0]!, xAxis), edge(array, xAxis), scales[0]?.[xAxis], scales[i]?.[xAxis]),
    scaleY: levelScale(edge(arrays[0]!, yAxis), edge(array, yAxis), scales[0]?.[yAxis], scales[i]?.[yAxis]),
    tileWidth: tileEdge(array.chunks[xAxis]!),
    tileHeight: yAxis < 0 ? 1 : tileEdge(array.chunks[yAxis]!),
  }));
}

function describeAxes(multiscale: Multiscale, array: ZarrArray): Axis[] {
  const declared = multiscale.axes ?? AXES_0_3.slice(-array.shape.length);
  const scale = scaleOf(multiscale.datasets[0]?.coordinateTransformations);
  const outer = scaleOf(multiscale.coordinateTransformations);
  return declared.map((axis, i) => {
    const { name, unit = "" } = typeof axis === "string" ? { name: axis } : axis;
    const step = scale ? scale[i]! * (outer?.[i] ?? 1) : NaN;
    return { name: name.toLowerCase(), size: array.shape[i]!, unit, step };
  });
}

/**
 * Opens the image at `url` (a folder address). `version` ("0.5" or "0.4") is tried first, so no request misses.
 * Throws SourceError when there is no image, it may not be read, or its pixels cannot be drawn.
 */
export async function openPyramid(url: string, version: string): Promise<Pyramid> {
  const store = zarr.withRangeCoalescing(new zarr.FetchStore(url, { fetch: fetchChecked }));
  const { opener, group, attributes, multiscale } = await openImage(zarr.root(store), version);
  const arrays = await Promise.all(
    multiscale.datasets.map((dataset) => opener.array(group.resolve(dataset.path))),
  ).catch((error: unknown) => {
    throw zarr.isZarritaError(error, "NotFoundError") ? new SourceError("notFound", error.path ?? "") : error;
  });
  const first = arrays[0];
  if (!first) throw new SourceError("notAnImage", "multiscales.datasets");
  const type = GPU_TYPE[first.dtype];
  if (!type) throw new SourceError("pixelType", first.dtype);
  const axes = describeAxes(multiscale, first);
  if (!axes.some((axis) => axis.name === "x") || axes.length !== first.shape.length) {
    throw new SourceError("notAnImage", "multiscales.axes");
  }
  return {
    name: multiscale.name ?? "",
    levels: describeLevels(multiscale, arrays, axes.map((axis) => axis.name)),
    axes,
    type,
    dtype: first.dtype,
    omeroChannels: attributes.omero?.channels ?? [],
    defaultZ: attributes.omero?.rdefs?.defaultZ,
    defaultT: attributes.omero?.rdefs?.defaultT,
  };
}
