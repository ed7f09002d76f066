// The strip of training settings. Every control is one row of a table here; the panel only renders it.
import { el, focused, options, range, say } from "../page/dom.js";
import { field } from "../page/helping.js";

const RATES = [0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const PENALTIES = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const PACES = [1, 3, 10, 30, 100, 0];

/** Settings that do not apply to a perceptron with its own learning rule. */
const NETWORK_ONLY = new Set(["optimizer", "l1", "l2", "loss", "schedule", "output", "init", "seed"]);

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "settings", order: 30, make: settingsPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function settingsPanel({ store, change, texts }) {
  const asleep = (/** @type {any} */ state, /** @type {string} */ name) => state.settings.mode === "perceptron" && NETWORK_ONLY.has(name);

  const choices = (/** @type {string} */ name, /** @type {(c: any, state: any) => any[]} */ list) => {
    const select = el("select", { on: { change: () => change({ [name]: select.value }) } });
    return {
      element: field(name, select),
      update(/** @type {any} */ state) {
        const value = state.settings[name], values = list(state.catalogue, state).slice();
        if (!values.includes(value)) values.push(value);
        select.disabled = asleep(state, name);
        options(select, values.map((each) => [each, word(texts, each)]), value);
      },
    };
  };

  /** A slider over a list of values, each about three times the last; every position is a separate setting. */
  const slider = (/** @type {string} */ name, /** @type {number[]} */ list, /** @type {(value: number) => string} */ said = String) => {
    const value = el("output");
    let values = list;
    const { input, show: settle } = range({ min: 0, step: 1 }, (at) => {
      show(values[at]);
      change({ [name]: values[at] });
    });
    const show = (/** @type {number} */ now) => {
      say(value, said(now));
      input.setAttribute("aria-valuetext", said(now));
    };
    return {
      element: field(name, input, value),
      update(/** @type {any} */ state) {
        const now = state.settings[name];
        values = list.includes(now) ? list : [...list, now].sort((a, b) => (name === "pace" ? (a || Infinity) - (b || Infinity) : a - b));
        input.max = values.length - 1;
        settle(values.indexOf(now));
        input.disabled = asleep(state, name);
        show(now);
      },
    };
  };

  const number = (/** @type {string} */ name, /** @type {Record<string, any>} */ props) => {
    const input = el("input", { type: "number", ...props, on: { change: () => change({ [name]: input.value === "" ? null : Number(input.value) }) } });
    return {
      element: field(name, input),
      update(/** @type {any} */ state) {
        input.disabled = asleep(state, name);
        if (focused(input) !== input) input.value = state.settings[name] ?? "";
      },
    };
  };
  const main = [
    choices("mode", () => ["network", "perceptron"]),
    slider("learning_rate", RATES),
    choices("optimizer", (c) => names(c.optimizers)),
  ];
  const rest = [
    slider("pace", PACES, (value) => (value ? texts.text("play.settings.pace", { n: value }) : texts.text("play.settings.fastest"))),
    number("stop_at", { min: 1, max: 1000000, step: 1, placeholder: "–" }),
    choices("loss", (c, state) => ["auto", ...c.losses.filter((/** @type {any} */ each) => each.name !== "auto" && each.tasks.includes(state.task)).map((/** @type {any} */ each) => each.name)]),
    slider("l2", PENALTIES),
    choices("schedule", (c) => names(c.schedules)),
    slider("l1", PENALTIES),
    choices("init", (c) => names(c.initializers)),
    number("seed", { min: 0, max: 2147483647, step: 1 }),
    choices("output", (c) => ["auto", ...names(c.activations)]),
  ];
  const controls = [...main, ...rest];
  const below = el("div", { class: "fields rest", id: "koubai-more-settings", hidden: true }, ...rest.map((each) => each.element));
  const more = el("button", {
    type: "button", class: "more", "aria-expanded": "false", "aria-controls": below.id,
    on: { click: () => store.set({ more: !store.state.more }) },
  });
  const element = el("section", { class: "strip", label: "play.settings.label" },
    el("div", { class: "fields" }, ...main.map((each) => each.element), more), below);
  const folded = rest.map((each) => each.element.dataset.control);
  return {
    element,
    update(state, changed) {
      if (!state.settings || !state.catalogue) return;
      if (["more", "settings", "lang"].some((key) => changed.has(key))) {
        below.hidden = !state.more;
        more.setAttribute("aria-expanded", String(state.more));
        const n = folded.filter((name) => JSON.stringify(state.settings[name]) !== JSON.stringify(state.defaults[name])).length;
        say(more, n ? texts.text("play.settings.more_n", { n }) : texts.text("play.settings.more"));
      }
      if (changed.has("settings") || changed.has("catalogue") || changed.has("lang") || changed.has("task")) for (const control of controls) control.update(state);
    },
  };
}

/** @param {any[]} list */
export const names = (list) => list.map((each) => (typeof each === "string" ? each : each.name));

/**
 * The name of a choice in the user's language, else as spelt in the library.
 * @param {import("../page/texts.js").Texts} texts
 * @param {any} value
 */
export function word(texts, value) {
  const key = `play.choice.${value}`;
  return texts.has(key) ? texts.text(key) : String(value);
}
