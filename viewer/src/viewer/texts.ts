/** Every text the viewer shows. The page may translate them in `<script type="application/json" id="viewer-texts">`. */

export const TEXTS = {
  image: "Image. Arrow keys pan, plus and minus zoom, question mark lists all keys.",
  tools: "Image tools",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit the whole image",
  actualSize: "1:1, one image pixel on one screen pixel",
  fullScreen: "Full screen",
  copyLink: "Copy link to this view",
  linkCopied: "Link copied.",
  linkNotCopied: "The browser did not allow copying. The link is in the address bar.",
  figure: "Save what is shown as PNG",
  help: "Keys",
  close: "Close",
  channels: "Channels",
  showChannels: "Show or hide channels",
  searchChannels: "Find a channel",
  allOn: "All on",
  allOff: "All off",
  channelCount: "{on} of {count} on",
  tooManyChannels: "This device draws {limit} channels at once; the first {limit} of those chosen are shown.",
  color: "Colour of {name}",
  minimum: "Contrast minimum of {name}",
  maximum: "Contrast maximum of {name}",
  gamma: "Gamma of {name}",
  gammaShort: "Gamma",
  auto: "Auto",
  autoContrast: "Auto contrast of {name} from the pixels in view",
  position: "Position in the stack and in time",
  z: "z",
  t: "t",
  zSlider: "Focal plane z",
  tSlider: "Time point t",
  play: "Play {axis}",
  pause: "Pause {axis}",
  ofCount: "{value} of {count}",
  loading: "Loading {count}…",
  opening: "Opening the image…",
  retry: "Try again",
  noWebgl:
    "This browser cannot draw the image: it has no WebGL 2, or it is turned off. Try a current browser, or turn on hardware acceleration.",
  contextLost: "The graphics system stopped. Try again to draw the image anew.",
  notFound: "The image's data were not found ({detail}).",
  forbidden: "You may not see this image's data ({detail}). Sign in, or ask its owner.",
  network: "The image's data could not be loaded ({detail}). Check the connection and try again.",
  refused: "The image cannot be shown. {detail}",
  archived: "The image's data are being fetched from the archive, or the site is busy. Try again in a minute.",
  coming: "This image lies in the archive and is being fetched: {percent} %. It opens here by itself.",
  notAnImage: "There is no OME-Zarr image at this address ({detail} is missing or not readable).",
  pixelType: "Pixels of type {detail} cannot be drawn.",
  codec: "The image's data are compressed in a way the viewer does not know ({detail}).",
  unknownError: "The image could not be shown ({detail}).",
  keyPan: "move the image",
  keyZoom: "zoom in, zoom out",
  keyFit: "fit the whole image",
  keyZ: "focal plane down, up",
  keyT: "time point back, on",
  keyChannels: "channels 1 to 9 on or off",
  keyFull: "full screen",
  keyHelp: "this list",
};

export type TextKey = keyof typeof TEXTS;
export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

/** Texts of the page's JSON block over the English defaults, with `{name}` places filled in. */
export function translator(json: string | undefined): Translate {
  const texts: Record<TextKey, string> = { ...TEXTS, ...(json ? (JSON.parse(json) as Partial<typeof TEXTS>) : {}) };
  return (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
