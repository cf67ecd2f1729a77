/** The viewer without its panels: state, drawing, and the functions the panels, the keys and the page call. */
import { Deck, OrthographicView } from "@deck.gl/core";
import type { Device } from "@luma.gl/core";
import { PlaneReader } from "./chunks";
import { fitZoom, statisticsLevel, tilesIn, visibleBounds, type ViewWindow } from "./geometry";
import { axisSize, type Pyramid } from "./omezarr";
import { Scene } from "./scene";
import { applyChanges, type ChannelChange, type ChannelSettings } from "./settings";
import { contrastOf } from "./statistics";

export interface ViewerState {
  readonly channels: readonly ChannelSettings[];
  readonly z: number;
  readonly t: number;
  /** World position (pixels of level 0) in the middle of the canvas. */
  readonly x: number;
  readonly y: number;
  /** log2 of CSS pixels per pixel of level 0. */
  readonly zoom: number;
}

export interface CanvasPixels {
  readonly width: number;
  readonly height: number;
  /** RGBA rows from the top. */
  readonly data: Uint8Array;
}

interface DeckView {
  target: [number, number, number];
  zoom: number;
  minZoom: number;
  maxZoom: number;
}

const MAX_ZOOM = 6;
const BEYOND_FIT = 3;
const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

export class Viewer extends EventTarget {
  private readonly deck: Deck<OrthographicView>;
  private readonly reader: PlaneReader;
  private readonly scene: Scene;
  private readonly closing = new AbortController();
  private measuring = new Set<number>();
  private device: Device | undefined;
  private fitted = true;
  private current: ViewerState;

  /** `parent` is filled by the canvas. Events: "change" (state), "progress" (pending), "failure" (ErrorEvent-like detail). */
  constructor(
    readonly pyramid: Pyramid,
    private readonly parent: HTMLDivElement,
    state: Omit<ViewerState, "x" | "y" | "zoom"> & Partial<ViewerState>,
  ) {
    super();
    this.reader = new PlaneReader(pyramid);
    this.scene = new Scene(this.reader, () => this.draw(), (error) => this.fail(error));
    const { width, height } = pyramid.levels[0]!;
    this.fitted = state.zoom === undefined;
    this.current = { x: width / 2, y: height / 2, zoom: this.fitted ? this.fittingZoom() : 0, ...state };
    this.deck = new Deck({
      parent,
      views: new OrthographicView({ id: "image", controller: { keyboard: false, inertia: 200, scrollZoom: { smooth: false } } }),
      viewState: this.deckView(),
      deviceProps: { type: "webgl", webgl: { antialias: false, stencil: false } },
      getCursor: ({ isDragging }) => (isDragging ? "grabbing" : "crosshair"),
      onViewStateChange: ({ viewState }) => {
        const { target, zoom } = viewState as DeckView;
        this.setView({ target: [target[0], target[1]], zoom });
      },
      onDeviceInitialized: (device: Device) => {
        this.device = device;
        void device.lost.then(() => this.fail(new Error("contextLost")));
      },
      onLoad: () => {
        parent.removeAttribute("tabindex"); // deck.gl makes it a stop of the keyboard, without a name, in the named stage
        this.refresh();
      },
      onResize: () => (this.fitted ? this.fit() : this.refresh()),
      onError: (error: Error) => this.fail(error),
      layers: [],
    });
  }

  get state(): ViewerState {
    return this.current;
  }

  /** Tiles and contrast measurements under way. */
  get pending(): number {
    return this.scene.pending + this.measuring.size;
  }

  /** How many channels the graphics system draws at once. */
  get channelLimit(): number {
    return this.device?.limits.maxTextureArrayLayers ?? 256;
  }

  setChannels(changes: readonly ChannelChange[]): void {
    this.set({ channels: applyChanges(this.current.channels, changes) });
  }

  setZT({ z = this.current.z, t = this.current.t }: { z?: number; t?: number }): void {
    const inside = (value: number, axis: string) => clamp(Math.round(value), 0, axisSize(this.pyramid, axis) - 1);
    this.set({ z: inside(z, "z"), t: inside(t, "t") });
  }

  setView({ target, zoom }: { target?: readonly number[]; zoom?: number }): void {
    const { width, height } = this.pyramid.levels[0]!;
    this.fitted = false;
    this.set({
      x: clamp(target?.[0] ?? this.current.x, 0, width),
      y: clamp(target?.[1] ?? this.current.y, 0, height),
      zoom: clamp(zoom ?? this.current.zoom, this.minZoom(), MAX_ZOOM),
    });
  }

  fit(): void {
    const { width, height } = this.pyramid.levels[0]!;
    this.setView({ target: [width / 2, height / 2], zoom: this.fittingZoom() });
    this.fitted = true;
  }

  /** Moves by parts of the canvas. */
  pan(right: number, down: number): void {
    const { x, y, zoom } = this.current;
    const { clientWidth, clientHeight } = this.parent;
    this.setView({ target: [x + (right * clientWidth) / 2 ** zoom, y + (down * clientHeight) / 2 ** zoom] });
  }

  /** Sets the contrast of channels to the 0.1 and 99.9 percentiles of the pixels in view. */
  async autoContrast(indices: readonly number[]): Promise<void> {
    const { levels } = this.pyramid;
    const bounds = visibleBounds(this.window());
    const level = statisticsLevel(levels, bounds);
    const tiles = tilesIn(levels[level]!, level, bounds);
    if (tiles.length === 0) return;
    const { z, t } = this.current;
    const { signal } = this.closing;
    const measure = async (index: number) => {
      const read = tiles.map((tile) => this.reader.read({ level, c: index, z, t }, tile, signal));
      const { min, max, low, high } = contrastOf(await Promise.all(read));
      const known = this.current.channels[index]!;
      const [lowest, highest] = Number.isNaN(known.low) ? [min, max] : [Math.min(known.low, min), Math.max(known.high, max)];
      return { index, min: low, max: high, low: lowest, high: highest };
    };
    indices.forEach((index) => this.measuring.add(index));
    try {
      this.setChannels(await Promise.all(indices.map(measure)));
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    } finally {
      indices.forEach((index) => this.measuring.delete(index));
      this.dispatchEvent(new Event("progress"));
    }
  }

  /** Values under a point of the page, by channel index, with its position in level 0; undefined outside the image. */
  valuesAt(clientX: number, clientY: number): { x: number; y: number; values: Map<number, number> } | undefined {
    const box = this.parent.getBoundingClientRect();
    const scale = 2 ** -this.current.zoom;
    const x = this.current.x + (clientX - box.left - box.width / 2) * scale;
    const y = this.current.y + (clientY - box.top - box.height / 2) * scale;
    const { width, height } = this.pyramid.levels[0]!;
    if (x < 0 || y < 0 || x >= width || y >= height) return undefined;
    return { x: Math.floor(x), y: Math.floor(y), values: this.scene.valuesAt(x, y) };
  }

  readPixels(): CanvasPixels {
    const gl = (this.device as (Device & { gl: WebGL2RenderingContext }) | undefined)?.gl;
    if (!gl) return { width: 0, height: 0, data: new Uint8Array() };
    const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
    const upsideDown = new Uint8Array(width * height * 4);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, upsideDown);
    const data = new Uint8Array(upsideDown.length);
    const row = width * 4;
    for (let y = 0; y < height; y++) data.set(upsideDown.subarray(y * row, (y + 1) * row), (height - 1 - y) * row);
    return { width, height, data };
  }

  /** Resolves once all tiles in view are loaded and drawn. */
  async whenIdle(): Promise<void> {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    do {
      await frame();
      await frame();
      await frame();
    } while (this.pending > 0 || !this.device);
  }

  /** What is drawn, as PNG on black. */
  async snapshot(): Promise<Blob> {
    const { width, height, data } = this.readPixels();
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d")!;
    context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
    context.globalCompositeOperation = "destination-over";
    context.fillRect(0, 0, width, height);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** Asks again for what failed. */
  retry(): void {
    this.scene.retry();
    this.refresh();
  }

  destroy(): void {
    this.closing.abort();
    this.deck.finalize();
  }

  private set(change: Partial<ViewerState>): void {
    this.current = { ...this.current, ...change };
    this.refresh();
    this.dispatchEvent(new Event("change"));
  }

  private refresh(): void {
    if (!this.device) return;
    this.scene.update({ view: this.window(), ...this.drawable() });
    this.draw();
    const unknown = this.current.channels.filter((c) => c.on && Number.isNaN(c.min) && !this.measuring.has(c.index));
    if (unknown.length) void this.autoContrast(unknown.map((channel) => channel.index));
  }

  /** No more channels on than the graphics system has texture layers. */
  private drawable(): Pick<ViewerState, "channels" | "z" | "t"> {
    const { channels, z, t } = this.current;
    const on = channels.filter((channel) => channel.on);
    if (on.length <= this.channelLimit) return { channels, z, t };
    const kept = new Set(on.slice(0, this.channelLimit).map((channel) => channel.index));
    return { channels: channels.map((c) => (kept.has(c.index) ? c : { ...c, on: false })), z, t };
  }

  private draw(): void {
    if (!this.device) return;
    this.deck.setProps({ viewState: this.deckView(), layers: this.scene.layers(this.device) });
    this.dispatchEvent(new Event("progress"));
  }

  private fail(error: unknown): void {
    this.dispatchEvent(new CustomEvent("failure", { detail: error }));
  }

  private deckView(): DeckView {
    const { x, y, zoom } = this.current;
    return { target: [x, y, 0], zoom, minZoom: this.minZoom(), maxZoom: MAX_ZOOM };
  }

  private window(): ViewWindow {
    const { x, y, zoom } = this.current;
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.parent;
    return { x, y, zoom: zoom + Math.log2(ratio), width: clientWidth * ratio, height: clientHeight * ratio };
  }

  private fittingZoom(): number {
    const { width, height } = this.pyramid.levels[0]!;
    return fitZoom(width, height, this.parent.clientWidth || 1, this.parent.clientHeight || 1);
  }

  private minZoom(): number {
    return Math.min(this.fittingZoom() - BEYOND_FIT, -BEYOND_FIT);
  }
}
