// Name, play, pause, step, reset, epoch, instant mode, language, theme.
import { button, el, options, seldom, short } from "../page/dom.js";
import { explained } from "../page/helping.js";
import { remember } from "../page/state.js";

/** Step sizes; "until" runs up to a chosen epoch. */
export const UNITS = ["example", "minibatch", "epoch", "until"];

/**
 * Advances by the chosen step size.
 * @param {Pick<import("../types.js").Context, "store" | "send">} context
 */
export function step({ store, send }) {
  const { unit, until, epoch } = store.state;
  if (unit !== "until") return send({ type: "step", unit });
  return send({ type: "run", until: Math.max(until, Math.floor(epoch) + 1) });
}

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "head", order: 10, make: headerPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function headerPanel({ store, send, change, texts }) {
  const play = el("button", { type: "button", class: "play", hint: "play.header.play_hint", on: { click: () => send({ type: store.state.running ? "pause" : "run" }) } });
  const once = button("play.header.step", () => step({ store, send }), { hint: "play.header.step_hint" });
  const unit = el("select", { label: "play.header.unit", on: { change: () => store.set({ unit: unit.value }) } });
  const until = el("input", { type: "number", min: 1, max: 1000000, step: 1, label: "play.header.until", hidden: true,
    on: { change: () => store.set({ until: Math.max(1, Math.min(1000000, Math.round(until.valueAsNumber) || 1)) }) } });
  const reset = button("play.header.reset", () => send({ type: "reset" }), { hint: "play.header.reset_hint" });
  const epoch = el("output", { class: "epoch" }, "0"), count = /** @type {Text} */ (epoch.firstChild);
  const instant = el("input", { type: "checkbox", id: "koubai-instant", on: { change: () => {
    store.set({ instant: instant.checked });
    change({});
  } } });
  const time = el("span", { class: "time" }), due = seldom(80); // each new number causes a page layout
  const lang = button("play.header.lang", () => {
    const other = store.state.lang === "en" ? "ja" : "en";
    remember("koubai.lang", other);
    store.load(other);
  }, { class: "lang", hint: "play.header.lang_hint" });
  const darken = () => {
    const other = store.state.theme === "dark" ? "light" : "dark";
    remember("koubai.theme", other);
    store.set({ theme: other });
  };
  const theme = el("button", { type: "button", class: "theme", label: "play.header.theme", hint: "play.header.theme_hint", on: { click: darken } }, "◐");
  const element = el("header", { class: "top" },
    el("h1", {}, el("span", { class: "name" }, "koubai"), " ", el("span", { text: "play.header.title" })),
    el("div", { class: "run", role: "group", label: "play.header.run_group" },
      el("span", { "data-control": "reset" }, reset), el("span", { "data-control": "play" }, play),
      el("span", { class: "joined", "data-control": "step" }, explained(once, "step", unit), unit, until)),
    el("div", { class: "count" }, el("span", { text: "play.header.epoch" }), epoch),
    el("div", { class: "instant", "data-control": "instant" },
      explained(el("label", { for: "koubai-instant" }, instant, el("span", { text: "play.header.instant" })), "instant", instant), time),
    el("div", { class: "ends" }, theme, lang));

  return {
    element,
    update(state, changed) {
      if (changed.has("running") || changed.has("lang")) {
        play.textContent = (state.running ? "❚❚ " : "▶ ") + texts.text(state.running ? "play.header.pause" : "play.header.play");
        play.classList.toggle("running", state.running);
      }
      if (changed.has("lang") || changed.has("unit")) {
        options(unit, UNITS.map((name) => [name, texts.text(`play.unit.${name}`)]), state.unit);
        until.hidden = state.unit !== "until";
      }
      if (changed.has("until") || changed.has("unit")) until.value = state.until;
      if (changed.has("running") || ((changed.has("frame") || changed.has("epoch")) && due(state.running))) {
        const whole = Math.floor(state.epoch), text = whole === state.epoch ? whole.toLocaleString("en") : state.epoch.toFixed(2);
        if (count.data !== text) count.data = text;
      }
      if (changed.has("instant_ms") || changed.has("instant") || changed.has("lang"))
        time.textContent = state.instant && state.instant_ms ? texts.text("play.header.instant_ms", { ms: short(Math.round(state.instant_ms)) }) : "";
      if (changed.has("instant")) instant.checked = state.instant;
    },
  };
}
