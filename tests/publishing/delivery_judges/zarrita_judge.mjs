// Run by Node with zarrita from the viewer's packages: node zarrita_judge.mjs PACKAGE ADDRESS
// Prints shape, data type and the sha256 of all pixels of level 0.
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";

const [, , entry, address] = process.argv;
const zarr = await import(pathToFileURL(entry));
const group = zarr.root(new zarr.FetchStore(address));
const open = address.includes("0.5") ? zarr.open.v3 : zarr.open.v2;
const array = await open(group.resolve("0"), { kind: "array" });
const { data, shape } = await zarr.get(array);
const sha256 = createHash("sha256").update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest("hex");
console.log(JSON.stringify({ shape, dtype: array.dtype, sha256 }));
