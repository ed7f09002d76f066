// What a step of a lesson leaves free: everything else stays as the lesson set it, also against an edited link.

/** What only changes the look, and what belongs to the lesson itself. */
const ALWAYS = ["pace", "discretize", "show_test", "axes", "hide", "lesson"];

/** A layer more or less brings an activation and a dropout rate along. */
const TOGETHER = ["activations", "dropout"];

/** @param {import("../types.js").State} state @returns {any} the step on screen, or null */
export function step_of(state) {
  const steps = state.lesson?.steps;
  return steps ? steps[Math.max(0, Math.min(steps.length - 1, state.lesson_step))] : null;
}

/**
 * Whether a setting may not be changed.
 * @param {import("../types.js").State} state
 * @param {string} name
 */
export function is_locked(state, name) {
  const free = step_of(state)?.free;
  return Boolean(free) && !free.includes(name) && !ALWAYS.includes(name);
}

/**
 * The changes among these that the step allows.
 * @param {import("../types.js").State} state
 * @param {Record<string, any>} settings
 */
export function allowed(state, settings) {
  const free = step_of(state)?.free;
  if (!free) return settings;
  const layers = free.includes("hidden") && "hidden" in settings;
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !is_locked(state, name) || (layers && TOGETHER.includes(name))));
}

/**
 * The settings of a step: its own, over those of the steps before it, over what the page began with.
 * @param {any} lesson
 * @param {number} at
 * @param {Record<string, any>} first
 */
export const set_up = (lesson, at, first) => Object.assign({}, first, ...lesson.steps.slice(0, at + 1).map((/** @type {any} */ step) => step.settings ?? {}));

/**
 * What a link asks for, under the lesson that it names.
 * @param {any} lesson
 * @param {number} at
 * @param {Record<string, any>} first what the page began with
 * @param {Record<string, any>} asked
 */
export function under(lesson, at, first, asked) {
  const state = /** @type {any} */ ({ lesson, lesson_step: at });
  return { ...set_up(lesson, at, first), ...allowed(state, asked) };
}

/** Messages that train. */
const TRAINING = new Set(["run", "step", "instant", "starts"]);

/**
 * The key of the sentence that says why a message is not sent now; empty if it is.
 * @param {import("../types.js").State} state
 * @param {any} message
 * @param {(state: import("../types.js").State) => boolean} predicted whether what had to be predicted was
 */
export function refusal(state, message, predicted) {
  if (!state.lesson) return "";
  if (TRAINING.has(message.type) && !predicted(state)) return "play.lessons.predict_first";
  if (message.type === "edit" && is_locked(state, "weights")) return "play.lessons.locked";
  return "";
}
