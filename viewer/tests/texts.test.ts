import { expect, it } from "vitest";
import { nextTheme, parseTheme } from "../src/site/theme";
import { translator } from "../src/viewer/texts";

it("fills in values and takes the page's texts over its own", () => {
  const t = translator('{"fit": "Einpassen", "loading": "Noch {count}"}');
  expect(t("fit")).toBe("Einpassen");
  expect(t("loading", { count: 3 })).toBe("Noch 3");
  expect(translator(undefined)("ofCount", { value: 1, count: 9 })).toBe("1 of 9");
});

it("goes through the themes and comes back", () => {
  expect(nextTheme(nextTheme(nextTheme("auto")))).toBe("auto");
  expect(parseTheme("nonsense")).toBe("auto");
});
