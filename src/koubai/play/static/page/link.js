// The whole state in the address: settings that differ from the defaults, and state local to the page.

import { Problem } from "../experiment/problem.js";
import { checked } from "../session/checks.js";

/** State local to the page, with defaults. */
const OWN = { instant: false, unit: "epoch", until: 100, lesson_step: 0 };

/**
 * @param {string} hash
 * @returns {{settings: Record<string, any>, own: Record<string, any>}}
 */
export function read(hash) {
  /** @type {{settings: Record<string, any>, own: Record<string, any>}} */
  const found = { settings: {}, own: {} };
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const value = parsed(text);
    if (!(name in OWN)) found.settings[name] = value;
    else if (typeof value === typeof (/** @type {any} */ (OWN)[name])) found.own[name] = value;
  }
  return found;
}

/**
 * The settings of a link that are what they should be, and the names of the others, which are left out.
 * @param {any} catalogue
 * @param {Record<string, any>} settings
 * @returns {{good: Record<string, any>, bad: string[]}}
 */
export function sifted(catalogue, settings) {
  /** @type {{good: Record<string, any>, bad: string[]}} */
  const found = { good: {}, bad: [] };
  for (const [name, value] of Object.entries(settings)) {
    try {
      if (!Object.hasOwn(catalogue.checks, name)) throw new Problem("no_setting");
      found.good[name] = checked(catalogue.checks[name], value, name);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      found.bad.push(name);
    }
  }
  return found;
}

/**
 * @param {import("../types.js").State} state
 * @returns {string}
 */
export function written(state) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(state.settings)) {
    if (name === "table" || JSON.stringify(value) === JSON.stringify(state.defaults[name])) continue;
    parts.set(name, typeof value === "string" && parsed(value) === value ? value : JSON.stringify(value));
  }
  for (const [name, first] of Object.entries(OWN)) {
    const value = /** @type {any} */ (state)[name];
    if (name === "lesson_step" ? state.settings.lesson : value !== first) parts.set(name, String(value));
  }
  return parts.toString();
}

const STILL = 200; // milliseconds without a change
let due = 0, write = () => {};

/**
 * Write the state into the address once it rests: a browser takes its time for that, and refuses it when it is asked too often.
 * @param {import("../types.js").State} state
 */
export function address(state) {
  window.clearTimeout(due);
  write = () => {
    const hash = written(state);
    if (hash !== window.location.hash.slice(1)) history.replaceState(null, "", `${location.pathname}${hash ? "#" + hash : ""}`);
  };
  due = window.setTimeout(write, STILL);
}

/** The address of what is shown now. */
export function whole() {
  write();
  return window.location.href;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
