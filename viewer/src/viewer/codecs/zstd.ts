/** Zstandard for zarrita, in plain JavaScript: numcodecs' WebAssembly makes code from text, which the site's policy forbids. */
import { decompress } from "fzstd";

export default class Zstd {
  static readonly codecId = "zstd";
  static fromConfig = () => new Zstd();

  encode(): never {
    throw new Error("The viewer only reads.");
  }

  decode(data: Uint8Array): Uint8Array {
    return decompress(data);
  }
}
