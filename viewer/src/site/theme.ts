/**
 * Light, dark or as the system has it. `<button data-theme-toggle data-auto="…" data-light="…" data-dark="…">` goes
 * through the three; its words come from these attributes. The choice is kept in the browser only.
 */

export type Theme = "auto" | "light" | "dark";

const ORDER: readonly Theme[] = ["auto", "light", "dark"];
const KEY = "theme";

export const nextTheme = (theme: Theme): Theme => ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!;

export const parseTheme = (text: string | null): Theme => ORDER.find((theme) => theme === text) ?? "auto";

export function startTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-theme-toggle]");
  let theme = parseTheme(localStorage.getItem(KEY));
  const show = () => {
    const dark = theme === "dark" || (theme === "auto" && system.matches);
    document.documentElement.dataset["bsTheme"] = dark ? "dark" : "light";
    for (const button of buttons) button.textContent = button.dataset[theme] ?? theme;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      theme = nextTheme(theme);
      localStorage.setItem(KEY, theme);
      show();
    });
  }
  system.addEventListener("change", show);
  show();
}
