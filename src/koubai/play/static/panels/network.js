// The network: its picture, and the buttons that add and remove layers and nodes.
import { card, el, focused, options, short } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { callouts } from "../drawing/callouts.js";
import { NetworkCanvas } from "../drawing/network-canvas.js";
import { traced, written } from "../drawing/network-draw.js";
import { TOY_FEATURES, layout, linkAt, nodeAt } from "../drawing/network-layout.js";
import { inspector } from "./inspector.js";
import { REAL } from "./data.js";
import { seesImages } from "../images/shapes.js";
import { names, word } from "./settings.js";

const LAYERS = 8, NODES = 32;
const HEADING = 190; // pixels that the heading of the hidden layers needs

/** Whether more than a beginner needs is shown: asked for, or in use. @param {any} state */
const state_more = (state) => state.more || state.settings.dropout.some((/** @type {number} */ rate) => rate > 0);

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "middle", order: 60, make: (context, made) => networkPanel(context, made.output.face, made.output.square) };

/**
 * @param {import("../types.js").Context} context
 * @param {(pen: CanvasRenderingContext2D, index: number, x: number, y: number, size: number) => void} face paints an output node's values over the plane
 * @param {HTMLElement} map into which the links run, where it stands beside the network
 * @returns {import("../types.js").Panel & {plan: () => any, canvas: NetworkCanvas}}
 */
export function networkPanel(context, face, map) {
  const { store, change, texts } = context;
  const canvas = new NetworkCanvas(face);
  const buttons = el("div", { class: "nodes" }), notes = callouts();
  const heads = el("div", { class: "heads" });
  const tip = el("div", { class: "tip", role: "tooltip", hidden: true });
  const inner = el("div", { class: "inner" }, heads, el("div", { class: "stack" }, canvas.element, notes.element, buttons, tip));
  const scroll = el("div", { class: "scroll" }, inner);
  const depth = el("output");
  const grow = (/** @type {number} */ by) => () => {
    const { hidden, activations, dropout } = store.state.settings;
    if (by > 0 && hidden.length < LAYERS)
      change({ hidden: [...hidden, 2], activations: [...activations, activations.at(-1) || "tanh"], dropout: [...dropout, 0] });
    if (by < 0 && hidden.length) change({ hidden: hidden.slice(0, -1), activations: activations.slice(0, -1), dropout: dropout.slice(0, -1) });
  };
  const fewer = el("button", { type: "button", class: "round", label: "play.network.fewer_layers", on: { click: grow(-1) } }, "−");
  const more = el("button", { type: "button", class: "round", label: "play.network.more_layers", on: { click: grow(1) } }, "+");
  const how = el("span", { text: "play.network.how" });
  const legend = el("p", { class: "legend" }, el("span", { class: "swatch negative" }), el("span", { text: "play.network.negative" }), " ",
    el("span", { class: "swatch positive" }), el("span", { text: "play.network.positive" }), " ", how);
  const rule = el("p", { class: "rule", text: "play.network.rule", hidden: true });
  const learnt = el("p", { class: "learnt", "aria-live": "polite", hidden: true });
  const close = () => {
    const { selection } = store.state;
    store.set({ selection: null });
    if (selection && look.element.contains(focused(element))) buttonOf(selection)?.focus();
  };
  const look = inspector(context, close);
  const between = el("div", { class: "depth", "data-control": "hidden" },
    fewer, depth, explained(el("span", { text: "play.network.hidden_layers" }), "hidden", fewer, more), more, el("small", { text: "play.network.hidden_asks" }));
  const element = card("network", scroll, learnt, rule, legend, look.element);

  let plan = /** @type {any} */ (null), hover = /** @type {any} */ (null), entering = false;
  let colours = /** @type {Record<string, string>} */ ({});
  const toy = () => !REAL.has(store.state.settings?.dataset);

  /** @param {PointerEvent} event */
  const under = (event) => {
    const box = stack.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const node = nodeAt(plan, x, y);
    if (node) return { kind: "node", layer: node.layer, target: node.index, source: 0, name: node.name, x, y };
    const link = linkAt(plan, x, y);
    return link ? { kind: "link", ...link, x, y } : null;
  };
  const stack = /** @type {HTMLElement} */ (inner.lastElementChild);
  stack.addEventListener("pointermove", (event) => {
    if (!plan) return;
    hover = under(event);
    stack.classList.toggle("over", Boolean(hover));
    show();
    store.set({ hover_node: hover && hover.kind === "node" && hover.layer ? hover : null });
    draw();
  });
  stack.addEventListener("pointerleave", () => {
    hover = null;
    tip.hidden = true;
    store.set({ hover_node: null });
    draw();
  });
  stack.addEventListener("click", (event) => {
    if (!plan || /** @type {HTMLElement} */ (event.target).closest("button")) return;
    const found = under(/** @type {PointerEvent} */ (event));
    if (found) choose(found);
    else store.set({ selection: null });
  });
  look.element.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });

  /** @param {any} found */
  function choose(found) {
    if (found.kind === "node" && found.layer === 0) {
      if (toy()) toggle(TOY_FEATURES[found.target]);
      return;
    }
    entering = true;
    tip.hidden = true;
    store.set({ selection: { ...found } });
  }

  /** @param {any} chosen */
  const buttonOf = (chosen) => [...buttons.children].find((/** @type {any} */ each) => each.node.layer === chosen.layer && each.node.target === chosen.target);

  /** Places the inspector beside the selection or, on a phone, below the picture. */
  function place() {
    const { selection } = store.state, box = look.element;
    if (box.hidden || !selection || selection.kind === "row") return;
    const to = plan.columns[selection.layer][selection.target];
    const from = selection.kind === "link" ? plan.columns[selection.layer - 1].find((/** @type {any} */ node) => node.input === selection.source) : to;
    const outer = element.getBoundingClientRect(), inside = stack.getBoundingClientRect();
    const x = inside.left - outer.left + ((from ?? to).x + to.x) / 2, y = inside.top - outer.top + ((from ?? to).y + to.y) / 2;
    const far = to.size / 2 + 14, fits = x + far + box.offsetWidth < outer.width - 8;
    box.style.left = `${Math.max(8, fits ? x + far : x - far - box.offsetWidth)}px`;
    box.style.top = `${Math.max(8, Math.min(y - 24, outer.height - box.offsetHeight - 8))}px`;
    if (entering) box.querySelector("input")?.select();
    entering = false;
  }

  /** @param {string} name */
  function toggle(name) {
    const on = store.state.settings.features;
    const wanted = TOY_FEATURES.filter((each) => (each === name ? !on.includes(name) : on.includes(each)));
    if (wanted.length) change({ features: wanted });
  }

  function show() {
    const theta = store.state.frame?.blocks.theta?.data;
    tip.hidden = !hover || !theta;
    if (!hover || !theta) return;
    const layers = /** @type {any} */ (store.state.network).layers;
    if (hover.kind === "link") {
      const { weights_at, n_out } = layers[hover.layer - 1];
      tip.textContent = `w = ${short(theta[weights_at + hover.source * n_out + hover.target])}`;
    } else {
      const parts = hover.layer ? [`b = ${short(theta[layers[hover.layer - 1].biases_at + hover.target])}`] : [written(hover.name)];
      const { z, delta } = traced(store.state, plan.columns[hover.layer][hover.target]);
      if (z !== undefined) parts.push(`z = ${short(z)}`);
      if (delta !== undefined) parts.push(`δ = ${short(delta)}`);
      tip.textContent = parts.join("   ");
    }
    tip.style.left = `${Math.max(0, Math.min(hover.x + 12, plan.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${hover.y + 14}px`;
  }

  /** @param {boolean} [hurried] for one of many frames of a run */
  function draw(hurried = false) {
    const { state } = store;
    if (state.network && state.settings && !seesImages(state)) canvas.draw(state, look_now(), hurried);
  }

  /** @returns {import("../drawing/network-draw.js").Look} */
  const look_now = () => /** @type {any} */ ({ ...colours, toy: toy(), hover, dashes: store.state.running && !calm.matches ? performance.now() / 28 : 0 });

  function arrange() {
    plan = layout(store.state, toy(), Math.max(260, scroll.clientWidth), beside());
    inner.style.width = `${plan.width}px`;
    stack.style.height = `${plan.height}px`;
    notes.place(plan);
    canvas.arrange(plan);
    placeButtons();
    place();
  }

  /** The height in the network's picture at which the links reach the map, if it stands to the right. @returns {number | null} */
  function beside() {
    const theirs = map.getBoundingClientRect(), ours = scroll.getBoundingClientRect();
    if (!theirs.width || Math.abs(theirs.left - ours.right) > 40) return null;
    return theirs.top + theirs.height / 2 - stack.getBoundingClientRect().top;
  }

  let at = /** @type {any} */ (null);

  /** Roving tabindex: one node is in the tab order; arrow keys move from it to the others. */
  function rove() {
    if (!at?.isConnected) at = buttons.firstElementChild;
    for (const each of buttons.children) each.tabIndex = each === at ? 0 : -1;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {any} from
   */
  function walk(event, from) {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const layer = Math.max(0, Math.min(plan.columns.length - 1, from.layer + way[0])), column = plan.columns[layer];
    const middle = way[0] ? Math.round(((from.target + 0.5) / plan.columns[from.layer].length) * column.length - 0.5) : from.target + way[1];
    buttonOf({ layer, target: Math.max(0, Math.min(column.length - 1, middle)) })?.focus();
  }

  /** Every node is also a button, accessible by keyboard and screen reader. */
  function placeButtons() {
    const all = plan.columns.flat();
    while (buttons.children.length > all.length) buttons.lastElementChild.remove();
    while (buttons.children.length < all.length) {
      const node = el("button", { type: "button", class: "node" });
      node.addEventListener("click", () => choose(node.node));
      node.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => walk(event, node.node));
      node.addEventListener("focus", () => {
        at = node;
        rove();
      });
      buttons.append(node);
    }
    all.forEach((/** @type {any} */ node, /** @type {number} */ index) => {
      const each = buttons.children[index];
      each.node = { kind: "node", layer: node.layer, target: node.index, source: 0, name: node.name };
      each.style.left = `${node.x - node.size / 2}px`;
      each.style.top = `${node.y - node.size / 2}px`;
      each.style.width = each.style.height = `${node.size}px`;
      const key = node.layer === 0 ? "play.network.input" : node.layer === plan.columns.length - 1 ? "play.network.output" : "play.network.node";
      each.setAttribute("aria-label", texts.text(key, { name: written(node.name), layer: node.layer, node: node.index + 1 }));
      if (node.layer === 0 && toy()) each.setAttribute("aria-pressed", String(node.active));
      else each.removeAttribute("aria-pressed");
    });
    rove();
  }

  function fillHeads() {
    const { settings, catalogue } = store.state;
    if (!settings || !catalogue || !plan) return;
    const count = plan.columns.length;
    heads.style.gridTemplateColumns = `repeat(${count}, 1fr)`;
    const hidden = settings.mode === "perceptron" ? [] : settings.hidden;
    const shape = `${count} ${hidden.length}`, beginner = !state_more(store.state);
    if (heads.dataset.shape !== shape) {
      heads.dataset.shape = shape;
      heads.replaceChildren(head("play.network.inputs", "play.network.inputs_asks"), ...hidden.map((/** @type {number} */ _, /** @type {number} */ at) => layerHead(at)), head("play.network.outputs"), between);
      texts.apply(heads);
    }
    hidden.forEach((/** @type {number} */ nodes, /** @type {number} */ at) => {
      const [number, activation, dropout] = heads.children[at + 1].querySelectorAll("output, select");
      number.textContent = plan.width / count < 125 ? String(nodes) : texts.text("play.network.n_nodes", { n: nodes });
      options(activation, names(catalogue.activations).filter((name) => name !== "softmax").map((name) => [name, word(texts, name)]), settings.activations[at]);
      const rates = [...new Set([0, 0.1, 0.2, 0.3, 0.5, settings.dropout[at] || 0])].sort();
      options(dropout, rates.map((rate) => [String(rate), texts.text("play.network.dropout", { rate })]), String(settings.dropout[at] || 0));
    });
    if (hidden.length === count - 2) { // the network of these settings is there
      plan.columns.forEach((/** @type {any[]} */ [{ x }], /** @type {number} */ at) => (heads.children[at].style.transform = `translateX(${x - (at + 0.5) * plan.step}px)`));
      bracket(count);
    }
    heads.classList.toggle("plain", beginner);
    how.dataset.text = toy() ? "play.network.how" : "play.network.how_table"; // a table's inputs can't be switched
    how.textContent = texts.text(how.dataset.text);
    rule.hidden = settings.mode !== "perceptron";
    depth.textContent = String(hidden.length);
    fewer.disabled = !hidden.length || settings.mode === "perceptron";
    more.disabled = hidden.length >= LAYERS || settings.mode === "perceptron";
  }

  /** The heading of the hidden layers spans them; where they are too narrow, or none, it stands above all. @param {number} count of columns */
  function bracket(count) {
    const first = plan.columns[1][0].x, last = plan.columns[count - 2][0].x, fits = plan.step * (count - 2) >= HEADING;
    const wide = Math.max(HEADING, last - first + plan.step * 0.7);
    heads.classList.toggle("bracketed", fits);
    between.style.gridColumn = fits ? `2 / ${count}` : "1 / -1";
    between.style.width = `${fits ? wide : scroll.clientWidth}px`;
    between.style.transform = fits ? `translateX(${(first + last) / 2 - (count / 2) * plan.step}px)` : "";
  }

  /** @param {string} key @param {string} [asks] key of the question below */
  const head = (key, asks) => el("div", { class: "head title" }, el("span", { text: key }), ...(asks ? [el("small", { text: asks })] : []));

  /** @param {number} at */
  function layerHead(at) {
    const changed = (/** @type {string} */ name, /** @type {(old: any) => any} */ to) => {
      const list = store.state.settings[name].slice();
      list[at] = to(list[at]);
      change({ [name]: list });
    };
    const nodes = (/** @type {number} */ by) => () => changed("hidden", (old) => Math.max(1, Math.min(NODES, old + by)));
    const activation = el("select", { label: "play.network.activation", hint: "play.help.activations", "data-control": "activations", on: { change: () => changed("activations", () => activation.value) } });
    const dropout = el("select", { label: "play.network.dropout_label", hint: "play.help.dropout", "data-control": "dropout", on: { change: () => changed("dropout", () => Number(dropout.value)) } });
    return el("div", { class: "head" },
      el("span", { class: "count", "data-control": "hidden" },
        el("button", { type: "button", class: "round", label: "play.network.fewer_nodes", on: { click: nodes(-1) } }, "−"),
        el("output"),
        el("button", { type: "button", class: "round", label: "play.network.more_nodes", on: { click: nodes(1) } }, "+")),
      activation, dropout);
  }

  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let width = 0, moving = false;
  new ResizeObserver(() => {
    if (scroll.clientWidth === width || !store.state.network || !store.state.settings || seesImages(store.state)) return;
    width = scroll.clientWidth;
    arrange();
    fillHeads();
    canvas.maps(store.state);
    draw();
  }).observe(scroll);

  return {
    element,
    canvas,
    plan: () => plan,
    update(state, changed) {
      if (changed.has("theme") || !colours.ink) {
        const style = getComputedStyle(element);
        colours = Object.fromEntries(["ink", "faint", "negative", "positive", "card", "delta"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
      }
      if (seesImages(state)) return;
      if (["learnt", "frame", "lang", "settings"].some((key) => changed.has(key))) tell(state);
      if (state.network && state.settings) {
        const shaped = ["network", "pictured", "lang", "catalogue", "feature_names", "more"].some((key) => changed.has(key));
        if (shaped) {
          arrange();
          fillHeads();
        }
        if (shaped || changed.has("frame")) canvas.maps(state);
        if (shaped || ["frame", "selection", "theme"].some((key) => changed.has(key))) draw(!shaped);
        if (hover && changed.has("frame")) show();
        if (state.running && !moving) move();
      }
      look.update(state, changed);
      if (changed.has("selection")) place();
    },
  };

  /** Dashes move along the links while it trains, however seldom a frame comes. */
  function move() {
    moving = store.state.running && !calm.matches;
    if (!moving) return;
    draw(true);
    requestAnimationFrame(move);
  }

  /** A sentence about what the last manual step did. @param {import("../types.js").State} state */
  function tell(state) {
    const { rows = [], changed = null } = state.learnt ?? {};
    if (!rows.length && learnt.hidden) return;
    const values = { row: rows[0] + 1, n: rows.length };
    const key = changed === null ? (rows.length > 1 ? "batch" : "example") : changed ? "wrong" : "right";
    learnt.hidden = !rows.length;
    learnt.textContent = rows.length ? texts.text(`play.network.learnt_${key}`, values) : "";
  }
}
