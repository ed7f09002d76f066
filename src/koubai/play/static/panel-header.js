// Name, play, pause, step, reset, epoch, language, theme.
import { button, el, options, short } from "./dom.js";
import { remember } from "./state.js";

/**
 * @param {import("./types.js").Context} context
 * @returns {import("./types.js").Panel}
 */
export function headerPanel({ store, send, change, texts }) {
  const play = el("button", { type: "button", class: "play", on: { click: () => send({ type: store.state.running ? "pause" : "run" }) } });
  const step = button("play.header.step", () => send({ type: "step", unit: unit.value }), { hint: "play.header.step_hint" });
  const unit = el("select", { label: "play.header.unit", on: { change: () => store.set({ unit: unit.value }) } });
  const reset = button("play.header.reset", () => send({ type: "reset" }), { hint: "play.header.reset_hint" });
  const epoch = el("output", { class: "epoch" });
  const instant = el("input", { type: "checkbox", id: "koubai-instant", on: { change: () => {
    store.set({ instant: instant.checked });
    change({});
  } } });
  const time = el("span", { class: "time" });
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
      el("span", { class: "joined", "data-control": "step" }, step, unit)),
    el("div", { class: "count" }, el("span", { text: "play.header.epoch" }), epoch),
    el("div", { class: "instant", "data-control": "instant" }, el("label", { for: "koubai-instant" }, instant, el("span", { text: "play.header.instant", hint: "play.header.instant_hint" })), time),
    el("div", { class: "ends" }, theme, lang));

  return {
    element,
    update(state, changed) {
      if (changed.has("running") || changed.has("lang")) {
        play.textContent = (state.running ? "❚❚ " : "▶ ") + texts.text(state.running ? "play.header.pause" : "play.header.play");
        play.setAttribute("aria-pressed", String(state.running));
        play.classList.toggle("running", state.running);
      }
      if (changed.has("lang") || changed.has("unit"))
        options(unit, ["example", "minibatch", "epoch"].map((name) => [name, texts.text(`play.unit.${name}`)]), state.unit);
      if (changed.has("frame") || changed.has("epoch")) {
        const whole = Math.floor(state.epoch);
        epoch.textContent = whole === state.epoch ? whole.toLocaleString("en") : state.epoch.toFixed(2);
      }
      if (changed.has("instant_ms") || changed.has("instant") || changed.has("lang"))
        time.textContent = state.instant && state.instant_ms ? texts.text("play.header.instant_ms", { ms: short(Math.round(state.instant_ms)) }) : "";
      if (changed.has("instant")) instant.checked = state.instant;
    },
  };
}
