/**
 * Two people changed the same field: both values are shown and one chooses, field by field, mine, theirs or, of a list,
 * both. Until then nothing is saved and nothing is lost.
 */
import { add, held, isTable, labelOf, told, write, type Value } from "./fields";
import { element, say } from "./texts";

type Choice = "mine" | "theirs" | "both";

/** Shows the choices before the form; `chosen` is called once all fields are settled and hold what was chosen. */
export function askForChoices(form: HTMLFormElement, theirs: Record<string, Value>, chosen: () => void): void {
  form.parentElement?.querySelector(":scope > .conflict")?.remove();
  const names = Object.keys(theirs);
  const button = element("button", { type: "button", className: "btn btn-primary btn-sm" }, say("saveChoice"));
  const box = element(
    "div",
    { className: "alert alert-warning conflict", tabIndex: -1, role: "alert" },
    element("p", {}, element("strong", {}, say("conflictTitle"))),
    ...names.map((name, index) => choices(form, name, theirs[name] ?? "", index)),
    button,
  );
  const choiceOf = (index: number) =>
    box.querySelectorAll("fieldset")[index]!.querySelector<HTMLInputElement>("input:checked")?.value as Choice | undefined;
  const check = () => (button.disabled = !names.every((_name, index) => choiceOf(index)));
  box.addEventListener("change", (event) => {
    event.stopPropagation();
    check();
  });
  button.addEventListener("click", () => {
    names.forEach((name, index) => settle(form, name, theirs[name] ?? "", choiceOf(index) ?? "mine"));
    box.remove();
    chosen();
  });
  check();
  form.before(box);
  box.focus();
}

function settle(form: HTMLFormElement, name: string, theirs: Value, choice: Choice): void {
  if (choice === "theirs") write(form, name, theirs);
  if (choice === "both") add(form, name, theirs);
}

/** The field's two values, each with its button to choose it. */
function choices(form: HTMLFormElement, name: string, theirs: Value, index: number): HTMLElement {
  const group = `conflict-${form.action}-${index}`;
  const one = (choice: Choice, label: string, text: string) =>
    element(
      "label",
      { className: "choice" },
      element("input", { type: "radio", className: "form-check-input", name: group, value: choice }),
      element("span", {}, label),
      element("span", { className: "conflict-value" }, text),
    );
  const options = [
    one("mine", say("keepMine"), held(form, name) || say("empty")),
    one("theirs", say("takeTheirs"), told(form, theirs) || say("empty")),
  ];
  if (isTable(form, name)) options.push(one("both", say("keepBoth"), ""));
  return element("fieldset", {}, element("legend", { className: "h6" }, labelOf(form, name)), ...options);
}
