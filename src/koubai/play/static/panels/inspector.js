// The inspector: the selected weight or node, its editable numbers, and where they come from.
import { button, el, focused } from "../page/dom.js";
import { ask } from "./explain.js";
import { TOY_FEATURES } from "../drawing/network-layout.js";
import { written } from "../drawing/network-draw.js";

const SHOWN = 64;

/** @param {number} value */
const plain = (value) => (Number.isFinite(value) ? String(+value.toPrecision(6)) : "");

/**
 * @param {import("../types.js").Context} context
 * @param {() => void} closed called when it closes itself
 * @returns {import("../types.js").Panel}
 */
export function inspector(context, closed) {
  const { store, send, texts } = context;
  const title = el("h3", { id: "koubai-inspected" });
  const rows = el("div", { class: "numbers" });
  const close = el("button", { type: "button", class: "round", label: "play.inspect.close", on: { click: closed } }, "×");
  const element = el("div", { class: "inspector", role: "dialog", "aria-labelledby": title.id, hidden: true }, el("div", { class: "row" }, title, close), rows);
  let inputs = /** @type {{input: any, at: number}[]} */ ([]);

  /**
   * @param {string} name
   * @param {number} at index in θ
   * @param {object} edit
   * @param {{what: string, layer: number, source: number, target: number}} question
   */
  function row(name, at, edit, question) {
    const input = el("input", {
      type: "number", step: "any", "aria-label": name,
      on: { change: () => Number.isFinite(input.valueAsNumber) && send({ type: "edit", ...edit, value: input.valueAsNumber }) },
    });
    inputs.push({ input, at });
    const why = button("play.inspect.explain", () => ask(context, question));
    return el("div", { class: "number" }, el("span", { class: "name" }, name), input, why);
  }

  function fill() {
    const { selection, network, settings, feature_names, classes } = store.state;
    inputs = [];
    element.hidden = !selection || selection.kind === "row" || !network || !network.layers[selection.layer - 1];
    if (element.hidden || !selection || !network) return;
    const { layer, source, target } = selection;
    const part = network.layers[layer - 1];
    if (target >= part.n_out || source >= part.n_in) {
      store.set({ selection: null });
      return;
    }
    const sources = layer > 1 ? null : settings.features && feature_names.every((name) => TOY_FEATURES.includes(name)) ? settings.features : feature_names;
    const from = (/** @type {number} */ index) => (sources ? written(sources[index] ?? "") : texts.text("play.inspect.from", { layer: layer - 1, node: index + 1 }));
    const last = layer === network.layers.length;
    const to = last ? (classes.length > 2 ? classes[target] : texts.text("play.inspect.output")) : texts.text("play.inspect.node", { layer, node: target + 1 });
    if (selection.kind === "link") {
      title.textContent = texts.text("play.inspect.weight", { from: from(source), to });
      rows.replaceChildren(row(`${from(source)} → ${to}`, part.weights_at + source * part.n_out + target, { layer, source, target }, { what: "weight", layer, source, target }));
    } else {
      title.textContent = to;
      const whole = button("play.inspect.explain_node", () => ask(context, { what: "node", layer, source: 0, target }), { class: "whole" });
      const weights = Array.from({ length: Math.min(part.n_in, SHOWN) }, (_, index) =>
        row(`${from(index)} →`, part.weights_at + index * part.n_out + target, { layer, source: index, target }, { what: "weight", layer, source: index, target }));
      rows.replaceChildren(whole, row(texts.text("play.inspect.bias"), part.biases_at + target, { layer, target, bias: true }, { what: "bias", layer, source: 0, target }), ...weights);
    }
    texts.apply(element);
    refresh();
  }

  function refresh() {
    const theta = store.state.frame?.blocks.theta?.data;
    if (!theta) return;
    for (const { input, at } of inputs)
      if (focused(element) !== input) input.value = plain(theta[at]);
  }

  return {
    element,
    update(_, changed) {
      if (["selection", "network", "lang", "feature_names"].some((key) => changed.has(key))) fill();
      else if (changed.has("frame") && !element.hidden) refresh();
    },
  };
}
