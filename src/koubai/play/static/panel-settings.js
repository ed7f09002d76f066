// The strip of training settings. Every control is one row of a table here; the panel only renders it.
import { el, field, options, short } from "./dom.js";

const RATES = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const PENALTIES = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** What a perceptron with its own learning rule has no use for. */
const NETWORK_ONLY = new Set(["optimizer", "l1", "l2", "loss", "schedule", "output"]);

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function settingsPanel({ change, texts }) {
  const choices = (/** @type {string} */ name, /** @type {(c: any) => any[]} */ list, /** @type {(v: string) => any} */ to = String, /** @type {(v: any) => string} */ said = (value) => word(texts, value)) => {
    const select = el("select", { on: { change: () => change({ [name]: to(select.value) }) } });
    return {
      name, select, element: field(name, select),
      update(/** @type {any} */ state) {
        const value = state.settings[name];
        const values = list(state.catalogue).slice();
        if (!values.some((each) => String(each) === String(value))) values.push(value);
        if (typeof value === "number") values.sort((a, b) => a - b);
        select.disabled = state.settings.mode === "perceptron" && NETWORK_ONLY.has(name);
        options(select, values.map((each) => [String(each), said(each)]), String(value));
      },
    };
  };
  const number = (/** @type {string} */ name, /** @type {Record<string, any>} */ props) => {
    const input = el("input", { type: "number", ...props, on: { change: () => change({ [name]: input.value === "" ? null : Number(input.value) }) } });
    return {
      name, element: field(name, input),
      update(/** @type {any} */ state) {
        const value = state.settings[name] ?? "";
        if (document.activeElement !== input) input.value = value;
      },
    };
  };
  const main = [
    choices("mode", () => ["network", "perceptron"]),
    choices("learning_rate", () => RATES, Number),
    choices("optimizer", (c) => names(c.optimizers)),
    choices("l2", () => PENALTIES, Number),
    choices("loss", (c) => ["auto", ...names(c.losses).filter((name) => name !== "auto")]),
    choices("pace", () => [0, 1, 3, 10, 30, 100], Number, (value) => (value ? texts.text("play.settings.pace", { n: value }) : texts.text("play.settings.fastest"))),
    number("stop_at", { min: 1, max: 100000, step: 1 }),
  ];
  const more = [
    choices("schedule", (c) => names(c.schedules)),
    choices("l1", () => PENALTIES, Number),
    choices("init", (c) => names(c.initializers)),
    number("seed", { min: 0, max: 2147483647, step: 1 }),
    choices("output", (c) => ["auto", ...names(c.activations)]),
  ];
  const controls = [...main, ...more];
  const element = el("section", { class: "strip", label: "play.settings.label" },
    el("div", { class: "fields" }, ...main.map((each) => each.element)),
    el("details", { class: "more" }, el("summary", { text: "play.settings.more" }), el("div", { class: "fields" }, ...more.map((each) => each.element))));
  return {
    element,
    update(state, changed) {
      if (!state.settings || !state.catalogue) return;
      if (changed.has("settings") || changed.has("catalogue") || changed.has("lang")) for (const control of controls) control.update(state);
    },
  };
}

/** @param {any[]} list */
export const names = (list) => list.map((each) => (typeof each === "string" ? each : each.name));

/**
 * The name of a choice in the reader's language, else as the library spells it.
 * @param {import("./texts.js").Texts} texts
 * @param {any} value
 */
export function word(texts, value) {
  if (typeof value === "number") return short(value).replace("−", "-");
  const key = `play.choice.${value}`;
  return texts.has(key) ? texts.text(key) : String(value);
}
