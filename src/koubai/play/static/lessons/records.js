// What a student did in a lesson: kept in the browser, and handed in as a code or a file that `koubai grade` reads.
import { recalled, remember } from "../page/state.js";

export const FORMAT = 1;

const PREFIX = "KOUBAI1";

/**
 * @typedef {{choices: number[], hints: number, goal: null | {epoch: number, measured: Record<string, number | null>}, seen: boolean}} StepRecord
 * choices: those chosen, in order; hints: how many were opened; seen: whether the step was on screen.
 * @typedef {{format: number, lesson: string, digest: string, student: string, began: string, steps: StepRecord[]}} Record_
 */

/** @param {any} lesson @returns {Record_} */
export const fresh_record = (lesson) => ({
  format: FORMAT, lesson: lesson.name, digest: lesson.digest ?? "", student: recalled("koubai.student"), began: new Date().toISOString().slice(0, 19) + "Z",
  steps: lesson.steps.map(() => ({ choices: [], hints: 0, goal: null, seen: false })),
});

/** @param {any} lesson @returns {Record_} what was kept of this very lesson, or a new record */
export function record_of(lesson) {
  try {
    const kept = JSON.parse(recalled(`koubai.lesson.${lesson.name}`));
    if (kept.format === FORMAT && kept.digest === (lesson.digest ?? "") && kept.steps.length === lesson.steps.length) return kept;
  } catch {
    // Nothing was kept, or by another version: the lesson begins anew.
  }
  return fresh_record(lesson);
}

/** @param {Record_} record */
export function keep_record(record) {
  remember(`koubai.lesson.${record.lesson}`, JSON.stringify(record));
  remember("koubai.student", record.student);
}

/**
 * Whether a step is done: what it asks is answered rightly, and its goal reached.
 * @param {any} step
 * @param {StepRecord} record
 */
export function is_done(step, record) {
  const answered = !step.choices || (step.predict ? record.choices.length > 0 : record.choices.some((at) => step.choices[at]?.right));
  return record.seen && answered && (!step.goal || record.goal !== null);
}

/**
 * How many steps of a lesson are done.
 * @param {any[]} steps
 * @param {Record_} record
 */
export const n_done = (steps, record) => steps.filter((step, at) => is_done(step, record.steps[at])).length;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** The CRC-32 of a text of ASCII characters, in hexadecimal: it catches slips of copying, and proves nothing. @param {string} text */
export function checksum(text) {
  let value = 0xffffffff;
  for (let at = 0; at < text.length; at++) value = TABLE[(value ^ text.charCodeAt(at)) & 255] ^ (value >>> 8);
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

/** A record as one line of letters, digits, - and _. @param {Record_} record */
export function code_of(record) {
  const bytes = new TextEncoder().encode(JSON.stringify(record));
  const body = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return `${PREFIX}.${body}.${checksum(body)}`;
}
