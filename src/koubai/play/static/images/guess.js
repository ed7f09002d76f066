// The answer: the output of each class as a bar, and how often the network is right.
import { card, el, seldom } from "../page/dom.js";
import { scores } from "../runs/scores.js";
import { answersOf, isReady, layersOf, widthOf } from "./shapes.js";

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "side", order: 48, make: guessPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function guessPanel({ store, texts }) {
  const words = scores(), list = el("div", { class: "bars" }), said = el("p", { class: "words said", "aria-live": "off" });
  const element = card("guess", list, said, words.element), due = seldom(80);
  let bars = /** @type {{element: HTMLElement, fill: HTMLElement, value: HTMLElement}[]} */ ([]);

  /** @param {import("../types.js").State} state */
  function build(state) {
    const layer = layersOf(state).length - 1;
    bars = state.classes.map((name, at) => {
      const fill = el("span", { class: "fill" }), value = el("output");
      const bar = el("button", { type: "button", class: "bar", on: { click: () => store.set({ cell: { layer, at: layersOf(store.state)[layer].n_out === 1 ? 0 : at }, kernel: null, derivations: store.state.derivations + 1 }) } },
        el("span", { class: "name", title: String(name) }, String(name)), el("span", { class: "track" }, fill), value);
      return { element: bar, fill, value };
    });
    list.style.setProperty("--name", `${Math.min(9, Math.max(1.2, 0.5 + Math.max(...state.classes.map((name) => widthOf(String(name))))))}em`);
    list.replaceChildren(...bars.map((each) => each.element));
  }

  return {
    element,
    update(state, changed) {
      const layers = layersOf(state);
      if (!layers.length) return;
      if (changed.has("network") || changed.has("classes") || bars.length !== state.classes.length) build(state);
      if (changed.has("running") || changed.has("lang") || (changed.has("frame") && due(state.running))) words.update(state.frame?.header ?? {});
      if (!isReady(state) || !["frame", "network", "classes", "cell", "data", "lang"].some((key) => changed.has(key))) return;
      const outputs = answersOf(state), isOne = layers[layers.length - 1].n_out === 1, best = outputs.indexOf(Math.max(...outputs)), { look } = /** @type {any} */ (state.frame).header;
      const label = look?.pixels || !state.data ? -1 : state.data.label[look?.row ?? 0], isShare = ["softmax", "sigmoid"].includes(layers[layers.length - 1].activation);
      bars.forEach((bar, at) => {
        const isKnown = Number.isFinite(outputs[at]); // not after training diverged
        bar.fill.style.width = `${isKnown ? Math.max(0, Math.min(100, 100 * outputs[at])) : 0}%`;
        bar.value.textContent = !isKnown ? "–" : isShare ? `${(100 * outputs[at]).toFixed(1)} %` : outputs[at].toFixed(3);
        bar.element.classList.toggle("best", at === best);
        bar.element.classList.toggle("true", at === label);
        const chosen = state.cell?.layer === layers.length - 1 && (isOne ? 1 : state.cell.at) === at; // the one output is of the second class
        bar.element.classList.toggle("chosen", chosen);
        bar.element.setAttribute("aria-pressed", String(chosen));
      });
      const values = { answer: state.classes[best] ?? "–", label: state.classes[label] };
      said.textContent = texts.text(label < 0 ? "play.guess.answer" : label === best ? "play.guess.right" : "play.guess.wrong", values);
    },
  };
}
