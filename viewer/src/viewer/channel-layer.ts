/**
 * A deck.gl layer that draws one tile of any number of channels as an additive composite:
 * v = clamp((value - min) / (max - min), 0, 1) ** gamma; rgb = clamp(sum of v * colour, 0, 1). Where max <= min, v is 1
 * above it and 0 else; NaN counts as 0. The server's thumbnails are composed by the same formula.
 *
 * The tile's planes are the layers of one texture array. Colours and contrast are in a small texture of their own
 * (ChannelTable), so changing them uploads a few hundred bytes and no pixels.
 */
import { Layer, project32, type DefaultProps, type LayerContext, type LayerProps, type UpdateParameters } from "@deck.gl/core";
import type { Device, Texture, TextureFormat } from "@luma.gl/core";
import { Geometry, Model } from "@luma.gl/engine";
import type { Bounds } from "./geometry";
import type { Pixels, PixelType } from "./pixels";
import type { ChannelSettings } from "./settings";

interface Format {
  readonly texture: TextureFormat;
  readonly table: TextureFormat;
  readonly sampler: "usampler2DArray" | "isampler2DArray" | "sampler2DArray";
  /** How the shader gets the table's floats back. */
  readonly decode: string;
}

// One sampler type for both textures: luma 9.2 validates the program before it sets sampler units, and a mixture of
// types on one unit fails, drawing black. The table's floats therefore travel as integers' bits.
const UNSIGNED = { table: "rgba32uint", sampler: "usampler2DArray", decode: "uintBitsToFloat" } as const;
const SIGNED = { table: "rgba32sint", sampler: "isampler2DArray", decode: "intBitsToFloat" } as const;
const FORMATS: Readonly<Record<PixelType, Format>> = {
  uint8: { texture: "r8uint", ...UNSIGNED },
  uint16: { texture: "r16uint", ...UNSIGNED },
  uint32: { texture: "r32uint", ...UNSIGNED },
  int8: { texture: "r8sint", ...SIGNED },
  int16: { texture: "r16sint", ...SIGNED },
  int32: { texture: "r32sint", ...SIGNED },
  float32: { texture: "r32float", table: "rgba32float", sampler: "sampler2DArray", decode: "" },
};

interface WebglTexture extends Texture {
  readonly handle: WebGLTexture;
  readonly glFormat: number;
  readonly glType: number;
}

interface Upload {
  readonly data: ArrayBufferView;
  readonly width: number;
  readonly height: number;
  readonly layer: number;
}

/** Straight to WebGL: luma's own upload takes no rows that are not a multiple of four bytes, as odd tiles have. */
function upload(device: Device, texture: Texture, planes: readonly Upload[]): void {
  const gl = (device as Device & { gl: WebGL2RenderingContext }).gl;
  const { handle, glFormat, glType } = texture as WebglTexture;
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, handle);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  for (const { data, width, height, layer } of planes) {
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, width, height, 1, glFormat, glType, data);
  }
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, null);
}

function createArray(device: Device, format: TextureFormat, width: number, height: number, depth: number): Texture {
  return device.createTexture({
    dimension: "2d-array",
    format,
    width,
    height,
    depth,
    mipLevels: 1,
    sampler: { minFilter: "nearest", magFilter: "nearest", addressModeU: "clamp-to-edge", addressModeV: "clamp-to-edge" },
  });
}

/** Colour, on/off, contrast and gamma of a list of channels, shared by all tiles that hold these channels. */
export class ChannelTable {
  readonly texture: Texture;

  constructor(
    private readonly device: Device,
    private readonly type: PixelType,
    private readonly indices: readonly number[],
  ) {
    this.texture = createArray(device, FORMATS[type].table, indices.length, 2, 1);
  }

  update(channels: readonly ChannelSettings[]): void {
    const count = this.indices.length;
    const floats = new Float32Array(count * 8);
    this.indices.forEach((index, i) => {
      const { color, on, min, max, gamma } = channels[index]!;
      const drawn = on && Number.isFinite(min) && Number.isFinite(max);
      floats.set([...color.map((value) => value / 255), drawn ? 1 : 0], i * 4);
      floats.set([min, max, gamma], (count + i) * 4);
    });
    const { sampler } = FORMATS[this.type];
    const integers = sampler === "usampler2DArray" ? new Uint32Array(floats.buffer) : new Int32Array(floats.buffer);
    const data = sampler === "sampler2DArray" ? floats : integers;
    upload(this.device, this.texture, [{ data, width: count, height: 2, layer: 0 }]);
  }

  destroy(): void {
    this.texture.destroy();
  }
}

// `footprint`: texels per device pixel, above 1 where the pyramid has no level coarse enough; those are averaged.
const uniforms = {
  name: "channels",
  fs: "uniform channelsUniforms { int count; float footprint; } channels;",
  uniformTypes: { count: "i32", footprint: "f32" },
} as const;

const vertexShader = `#version 300 es
in vec3 positions;
in vec3 positions64Low;
in vec2 texels;
out vec2 position;
void main() {
  gl_Position = project_position_to_clipspace(positions, positions64Low, vec3(0.0), geometry.position);
  position = texels;
}`;

const fragmentShader = ({ sampler, decode }: Format) => `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} planes;
uniform ${sampler} channelTable;
in vec2 position;
out vec4 fragColor;

float value(ivec2 texel, int channel) {
  ivec2 last = textureSize(planes, 0).xy - 1;
  return float(texelFetch(planes, ivec3(clamp(texel, ivec2(0), last), channel), 0).r);
}

float filtered(int channel) {
  int n = clamp(int(ceil(channels.footprint - 0.01)), 1, 4);
  if (n == 1) return value(ivec2(floor(position)), channel);
  float sum = 0.0;
  for (int y = 0; y < n; y++) for (int x = 0; x < n; x++) {
    vec2 offset = ((vec2(float(x), float(y)) + 0.5) / float(n) - 0.5) * channels.footprint;
    sum += value(ivec2(floor(position + offset)), channel);
  }
  return sum / float(n * n);
}

void main() {
  vec3 rgb = vec3(0.0);
  for (int i = 0; i < channels.count; i++) {
    vec4 color = ${decode}(texelFetch(channelTable, ivec3(i, 0, 0), 0));
    if (color.a == 0.0) continue;
    vec4 contrast = ${decode}(texelFetch(channelTable, ivec3(i, 1, 0), 0));
    float span = contrast.y - contrast.x;
    float p = filtered(i);
    if (isnan(p)) continue;
    float v = span > 0.0 ? clamp((p - contrast.x) / span, 0.0, 1.0) : float(p > contrast.y);
    rgb += (contrast.z == 1.0 ? v : pow(v, contrast.z)) * color.rgb;
  }
  fragColor = vec4(min(rgb, vec3(1.0)), 1.0);
}`;

/** A tile's planes, one per channel of the table the tile is drawn with. */
export interface TilePlanes {
  readonly planes: readonly Pixels[];
  readonly width: number;
  readonly height: number;
}

interface ChannelLayerProps extends LayerProps {
  readonly tile: TilePlanes;
  readonly type: PixelType;
  readonly bounds: Bounds;
  /** How many of the tile's columns and rows lie within the bounds; halves where a level overhangs the image. */
  readonly extent: readonly [columns: number, rows: number];
  readonly table: ChannelTable;
  readonly footprint: number;
  /** Changes when the table's content does: the layer then only draws again. */
  readonly revision: number;
}

const defaultProps: DefaultProps<ChannelLayerProps> = {
  tile: { type: "object", value: { planes: [], width: 0, height: 0 }, compare: false },
  table: { type: "object", value: null as unknown as ChannelTable, compare: false },
  revision: 0,
  footprint: 1,
};

export class ChannelLayer extends Layer<ChannelLayerProps> {
  static override layerName = "ChannelLayer";
  static override defaultProps = defaultProps as DefaultProps;
  declare state: { model: Model; texture: Texture };

  override initializeState({ device }: LayerContext): void {
    const { tile, type, bounds, extent } = this.props;
    const [left, top, right, bottom] = bounds;
    const [columns, rows] = extent;
    const attributes = this.getAttributeManager()!;
    attributes.remove(["instancePickingColors"]);
    attributes.add({
      positions: {
        size: 3,
        type: "float64",
        fp64: this.use64bitPositions(),
        noAlloc: true,
        update: (attribute) => {
          attribute.value = new Float64Array([left, top, 0, right, top, 0, left, bottom, 0, right, bottom, 0]);
        },
      },
    });
    const format = FORMATS[type];
    const texture = createArray(device, format.texture, tile.width, tile.height, tile.planes.length);
    upload(device, texture, tile.planes.map((data, layer) => ({ data, width: tile.width, height: tile.height, layer })));
    const model = new Model(device, {
      ...this.getShaders({ vs: vertexShader, fs: fragmentShader(format), modules: [project32, uniforms] }),
      id: this.props.id,
      bufferLayout: attributes.getBufferLayouts(),
      isInstanced: false,
      geometry: new Geometry({
        topology: "triangle-strip",
        vertexCount: 4,
        attributes: { texels: { value: new Float32Array([0, 0, columns, 0, 0, rows, columns, rows]), size: 2 } },
      }),
    });
    model.setBindings({ planes: texture, channelTable: this.props.table.texture });
    this.setState({ model, texture });
  }

  override updateState({ props, oldProps }: UpdateParameters<this>): void {
    if (props.revision !== oldProps.revision || props.footprint !== oldProps.footprint) this.setNeedsRedraw();
  }

  override draw(): void {
    const { model } = this.state;
    const { tile, footprint } = this.props;
    model.shaderInputs.setProps({ channels: { count: tile.planes.length, footprint } });
    model.draw(this.context.renderPass);
  }

  override finalizeState(context: LayerContext): void {
    super.finalizeState(context);
    this.state.texture?.destroy();
  }
}
