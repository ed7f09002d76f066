// The controls of a network on images: how many layers and filters, how large kernels are, what pools.
import { el, options } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { names, word } from "../panels/settings.js";

/**
 * A number with a button on either side.
 * @param {string} control the setting that it changes
 * @param {[string, string]} labels keys of what the buttons do
 * @param {(by: number) => void} moved
 */
export function counter(control, labels, moved) {
  const value = el("output");
  const round = (/** @type {number} */ by) => el("button", { type: "button", class: "round", label: labels[Number(by > 0)], on: { click: () => moved(by) } }, by < 0 ? "−" : "+");
  const [fewer, more] = [round(-1), round(1)];
  return {
    value, fewer, more,
    element: el("span", { class: "count", "data-control": control }, fewer, value, more),
    /** @param {string} said @param {boolean} least @param {boolean} most */
    show(said, least, most) {
      value.textContent = said;
      [fewer.disabled, more.disabled] = [least, most];
    },
  };
}

/**
 * A choice with its name before it.
 * @param {string} name of the setting
 * @param {HTMLElement} control
 */
const named = (name, control) => el("span", { class: "named", "data-control": name }, explained(el("span", { text: `play.control.${name}` }), name, control), control);

/**
 * What concerns all layers: how many there are, what pools, what convolutions apply to their sums.
 * @param {import("../types.js").Context} context
 */
export function wholeNetwork({ store, change, texts }) {
  const lists = /** @type {Record<string, string[]>} */ ({ filters: ["kernel_sizes"], hidden: ["activations", "dropout"] });
  const grow = (/** @type {string} */ name, /** @type {number} */ first) => (/** @type {number} */ by) => {
    const { settings } = store.state, old = settings[name];
    const changed = { [name]: by < 0 ? old.slice(0, -1) : [...old, old[old.length - 1] ?? first] };
    for (const other of by < 0 ? lists[name] : []) changed[other] = settings[other].slice(0, -1);
    if (by > 0 && name === "hidden" && !old.length) Object.assign(changed, { activations: ["relu"], dropout: [0] });
    change(changed);
  };
  const maps = counter("filters", ["play.layers.fewer_convolutions", "play.layers.more_convolutions"], grow("filters", 8)), hidden = counter("hidden", ["play.network.fewer_layers", "play.network.more_layers"], grow("hidden", 16));
  const select = (/** @type {string} */ name) => {
    const made = el("select", { label: `play.control.${name}`, on: { change: () => change({ [name]: made.value }) } });
    return made;
  };
  const [pooling, activation] = [select("pooling"), select("map_activation")];
  const element = el("div", { class: "whole-network" }, named("filters", maps.element), named("pooling", pooling), named("map_activation", activation), named("hidden_layers", hidden.element));
  return {
    element,
    /** @param {import("../types.js").State} state */
    update({ settings, catalogue }) {
      maps.show(String(settings.filters.length), !settings.filters.length, settings.filters.length >= catalogue.maps.most);
      hidden.show(String(settings.hidden.length), !settings.hidden.length, settings.hidden.length >= catalogue.bounds.layers);
      options(pooling, catalogue.maps.poolings.map((/** @type {string} */ each) => [each, texts.text(`play.layers.pooling_${each}`)]), settings.pooling);
      options(activation, names(catalogue.activations).filter((name) => name !== "softmax").map((name) => [name, word(texts, name)]), settings.map_activation);
    },
  };
}

/**
 * What concerns one convolution: its filters and the size of their kernels.
 * @param {import("../types.js").Context} context
 * @param {number} at which of them
 */
export function convolution({ store, change, texts }, at) {
  const replaced = (/** @type {string} */ name, /** @type {number} */ value) => change({ [name]: store.state.settings[name].map((/** @type {number} */ old, /** @type {number} */ k) => (k === at ? value : old)) });
  const filters = counter("filters", ["play.layers.fewer_filters", "play.layers.more_filters"], (by) => replaced("filters", store.state.settings.filters[at] + by));
  const size = el("select", { label: "play.control.kernel_sizes", "data-control": "kernel_sizes", on: { change: () => replaced("kernel_sizes", Number(size.value)) } });
  return {
    parts: [filters.element, size],
    /** @param {import("../types.js").State} state */
    update({ settings, catalogue }) {
      const n = settings.filters[at], [least, most] = catalogue.maps.sizes;
      if (n === undefined) return;
      filters.show(texts.text("play.layers.n_filters", { n }), n <= 1, n >= catalogue.maps.filters);
      options(size, Array.from({ length: most - least + 1 }, (_, k) => [String(least + k), `${least + k}×${least + k}`]), String(settings.kernel_sizes[at]));
    },
  };
}

/**
 * What concerns one hidden dense layer.
 * @param {import("../types.js").Context} context
 * @param {number} at which of them
 */
export function hiddenLayer({ store, change, texts }, at) {
  const replaced = (/** @type {string} */ name, /** @type {any} */ value) => change({ [name]: store.state.settings[name].map((/** @type {any} */ old, /** @type {number} */ k) => (k === at ? value : old)) });
  const nodes = counter("hidden", ["play.network.fewer_nodes", "play.network.more_nodes"], (by) => replaced("hidden", store.state.settings.hidden[at] + by));
  const activation = el("select", { label: "play.network.activation", "data-control": "activations", on: { change: () => replaced("activations", activation.value) } });
  return {
    parts: [nodes.element, activation],
    /** @param {import("../types.js").State} state */
    update({ settings, catalogue }) {
      const n = settings.hidden[at];
      if (n === undefined) return;
      nodes.show(texts.text("play.network.n_nodes", { n }), n <= 1, n >= catalogue.bounds.nodes);
      options(activation, names(catalogue.activations).filter((name) => name !== "softmax").map((name) => [name, word(texts, name)]), settings.activations[at]);
    },
  };
}
