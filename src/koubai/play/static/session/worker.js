// The worker: loads the compiled engine, and runs the session for the page that started it.
import { loadEngine } from "../engine/engine.js";
import { startOf } from "../experiment/starts.js";
import { explained } from "../derivations/explained.js";
import { Experiment, copyOf } from "../experiment/experiment.js";
import { load } from "../data/data.js";
import { Problem } from "../experiment/problem.js";
import { modelFile } from "../keeping/model-file.js";
import { program } from "../keeping/program.js";
import { Session } from "./session.js";

/** @typedef {import("./branch.js").Branch} Branch */

/** What the page is asked for, by number, until it answers. */
const asked = /** @type {Map<number, {done: (answer: any) => void, failed: (problem: Problem) => void, told?: (done: number) => void}>} */ (new Map());
let number = 0;

/**
 * Ask the page for what only it can get.
 * @param {string} what
 * @param {any} part
 * @param {(done: number) => void} [told] of progress
 */
function ask(what, part, told) {
  number += 1;
  const id = number;
  const answer = /** @type {Promise<any>} */ (new Promise((done, failed) => asked.set(id, { done, failed, told })));
  self.postMessage({ ask: what, id, part });
  return answer;
}

/** @type {import("./session.js").Services} */
const services = {
  rows: (settings) => ask("rows", settings),
  async explain(branch, part) {
    const { experiment, moment, last } = branch, now = { experiment, moment: copyOf(moment), last }; // training goes on
    const answer = await ask("explain", { ...part, ...branch.document() });
    return answer.derivations ? explained(now, part, answer.derivations) : answer;
  },
  async download(branch, kind) {
    if (kind === "python") return { name: "koubai_playground.py", media_type: "text/x-python", bytes: new TextEncoder().encode(program(branch)) };
    const kept = await ask("keep", branch.document());
    const bytes = kept ? Uint8Array.from(atob(kept.base64), (letter) => letter.charCodeAt(0)) : modelFile(branch);
    return { name: "playground.koubai", media_type: "application/octet-stream", bytes };
  },
  starts: (branch, count, epochs, told) => ask("starts", { settings: branch.settings, data: plain(branch.experiment.data), count, epochs }, told),
  stopStarts: () => self.postMessage({ ask: "stop" }),
};

/** Rows without the plane, which cannot be sent. @param {import("../data/data.js").Data} data */
const plain = ({ plane: _, ...rest }) => rest;

let session = /** @type {Session | null} */ (null), helped = /** @type {Experiment | null} */ (null);
let ground = /** @type {any} */ (null);

/** What the session says before it rests, which goes to the page at once, to be drawn in one picture. */
let said = /** @type {{message: any, transfer: Transferable[]}[]} */ ([]);

/** @param {any} message @param {Transferable[]} [transfer] */
function tell(message, transfer = []) {
  if (said.push({ message, transfer }) > 1) return;
  queueMicrotask(() => {
    const all = said;
    said = [];
    self.postMessage({ said: all.map((each) => each.message) }, { transfer: all.flatMap((each) => each.transfer) });
  });
}

/** @param {any} given */
async function begin({ module, description, catalogue, first, document, keeps, helper }) {
  try {
    ground = { engine: await loadEngine(module, description), catalogue };
    if (helper) return;
    session = new Session(ground, tell, services);
    if (keeps) services.kept = (kept) => self.postMessage({ type: "kept", document: kept });
    await session.open(first, document);
  } catch (error) {
    console.error(error);
    self.postMessage({ type: "problem", key: "no_engine", values: { what: String(error instanceof Error ? error.message : error).slice(0, 200) } });
  }
}

/** @param {any} message */
function heard({ id, answer, problem, done }) {
  const waiting = asked.get(id);
  if (done !== undefined) return waiting?.told?.(done);
  asked.delete(id);
  if (problem) waiting?.failed(new Problem(problem.key, problem.values));
  else waiting?.done(answer);
}

/** Train one of many starts, for another worker's session. @param {any} asked */
function help({ settings, data, job, seed, epochs }) {
  if (settings) helped = new Experiment(ground.engine, ground.catalogue, settings, load(settings, ground.catalogue, data));
  else if (helped) self.postMessage({ job, start: startOf(helped, seed, epochs) });
}

let ready = Promise.resolve();
self.onmessage = ({ data: message }) => {
  if (message.begin) ready = begin(message.begin);
  else if (message.answer) heard(message.answer);
  else ready = ready.then(() => {
    if (message.help) help(message.help);
    else void session?.receive(message);
  });
};
