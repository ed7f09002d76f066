// The initial state of the page.

/** @returns {any} */
export function first_state() {
  return {
    lang: asked_for() || usual_language(),
    theme: remembered("koubai.theme", ["light", "dark"]) || (window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
    catalogue: null, defaults: {}, settings: null, network: null, task: "", classes: [], feature_names: [],
    running: false, epoch: 0, step: 0, timeline: { length: 0, position: 0, branches: 0 }, notes: [], frame: null, data: null,
    losses: { epochs: [], train: [], test: [] }, future: null, other: null, selection: null, cell: null, kernel: null, direction: "forward", meant: null, explanation: null, question: null, starts: null, problem: "",
    instant: false, instant_ms: 0, lessons: [], lesson: null, lesson_step: 0, table: null, brush: 0, unit: "epoch", until: 100, row: 0, hover_node: null,
    waiting: false, learnt: null, more: false, kept: [], ahead: null, progress: {}, derivations: 0,
  };
}

/** The language that the visitor chose before, else that of whoever made the page, else the browser's. */
export function usual_language() {
  const ours = document.documentElement.dataset.lang || navigator.language || "";
  return remembered("koubai.lang", ["en", "ja"]) || (ours.startsWith("ja") ? "ja" : "en");
}

/** The language that the address asks for, as `?lang=ja` does; empty if none. */
function asked_for() {
  const lang = new URLSearchParams(window.location.search).get("lang") ?? "";
  return ["en", "ja"].includes(lang) ? lang : "";
}

/**
 * What the browser keeps under a name, if it is one of those allowed.
 * @param {string} name
 * @param {string[]} allowed
 */
export function remembered(name, allowed) {
  const found = recalled(name);
  return allowed.includes(found) ? found : "";
}

/** What the browser keeps under a name; empty if nothing, or in a browser without storage. @param {string} name */
export function recalled(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // The page also works in a browser without storage; what is kept then lasts as long as the page.
  }
}
