import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCells } from "../src/site/tables";
import { dataSize, duration } from "../src/site/texts";

describe("cells copied from a spreadsheet", () => {
  it("are parted by tabs and lines", () => {
    expect(parseCells("a\tb\r\nc\t\n")).toEqual([["a", "b"], ["c", ""]]);
  });
  it("may hold tabs, lines and quotes in quotes", () => {
    expect(parseCells('"two\nlines"\t"say ""so"""\nplain "word"\tb')).toEqual([["two\nlines", 'say "so"'], ['plain "word"', "b"]]);
  });
  it("come back as they were written", () => {
    const cell = fc.string({ unit: "binary-ascii" }).map((text) => text.replace(/\r/g, "").trim());
    const rows = fc.integer({ min: 1, max: 4 }).chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }));
    const write = (table: string[][]) => table.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join("\t")).join("\n");
    fc.assert(
      fc.property(rows, (table) => {
        expect(parseCells(write(table))).toEqual(table);
      }),
    );
  });
});

describe("numbers for people", () => {
  it("give sizes in powers of 1000", () => {
    expect([0, 999, 2040, 123_456_789, 10 * 2 ** 40].map(dataSize)).toEqual(["0 B", "999 B", "2.0 kB", "123 MB", "11.0 TB"]);
  });
  it("give times in the unit that fits", () => {
    expect([0.2, 40, 600, 11_100].map(duration)).toEqual(["1 s", "40 s", "10 min", "3 h 5 min"]);
  });
});
