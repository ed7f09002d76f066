// The way from the page to its session, which runs in a worker, and to whoever serves what only others can do.
import { hasSimd } from "../engine/simd.js";
import { Problem } from "../experiment/problem.js";

/** @typedef {import("../types.js").Transport} Transport */
/** @typedef {import("../types.js").Home} Home */

const MOST_HELPERS = 4;
const FEW_STARTS = 50; // of which each is told when it is done

/** @implements {Transport} */
export class SessionTransport {
  /** @param {Home} home where texts, lessons, the engine and tables come from */
  constructor(home) {
    this.home = home;
    this.listeners = /** @type {((message: any) => void)[]} */ ([]);
    this.waiting = /** @type {object[] | null} */ ([]);
    this.helpers = /** @type {Worker[] | null} */ (null);
    this.stopStarts = () => {}; // ends the many starts with what there is of them
    this.job = 0; // of the helpers, by number: what they still tell of an earlier one is not taken
    this.begun = this.#begin();
  }

  async #begin() {
    try {
      const [catalogue, engine] = await Promise.all([this.home.catalogue(), this.home.engine()]);
      if (!hasSimd()) throw new Problem("no_simd");
      if (!engine) throw new Problem("no_engine", { what: "engine-wasm32" });
      this.begin = { catalogue, ...engine };
      this.worker = this.#worker({ ...this.begin, first: catalogue.first ?? {}, document: catalogue.document ?? null, keeps: Boolean(this.home.kept) });
      this.worker.onmessage = ({ data }) => {
        if (data.said) data.said.forEach((/** @type {any} */ message) => this.#tell(message));
        else if (data.ask === "stop") this.stopStarts();
        else if (data.ask) this.#answer(data);
        else if (data.type === "kept") this.home.kept?.(data.document);
        else this.#tell(data);
      };
      for (const message of this.waiting ?? []) this.worker.postMessage(message);
      this.waiting = null;
    } catch (error) {
      const { key, values } = Problem.of(error);
      this.#tell({ type: "problem", key, values });
    }
  }

  /** @param {any} begin */
  #worker(begin) {
    const worker = this.home.worker();
    worker.onerror = (event) => this.#tell({ type: "problem", key: "no_engine", values: { what: event.message || "Worker" } });
    worker.postMessage({ begin });
    return worker;
  }

  /** @param {any} message */
  #tell(message) {
    this.listeners.forEach((listener) => listener(message));
  }

  /**
   * Get for the session what it asked for.
   * @param {{ask: "rows" | "explain" | "starts" | "keep", id: number, part: any}} asked
   */
  async #answer({ ask, id, part }) {
    const answered = (/** @type {object} */ message) => this.worker?.postMessage({ answer: { id, ...message } });
    try {
      const answer = ask === "starts" ? await this.#starts(part, (done) => answered({ done })) : await this.home[ask](part);
      answered({ answer });
    } catch (error) {
      const { key, values } = Problem.of(error);
      answered({ problem: { key, values } });
    }
  }

  /**
   * Train many starts in further workers, one seed at a time each.
   * @param {{settings: any, data: any, count: number, epochs: number}} asked
   * @param {(done: number) => void} told
   * @returns {Promise<any[]>}
   */
  #starts({ settings, data, count, epochs }, told) {
    const many = Math.max(1, Math.min(MOST_HELPERS, navigator.hardwareConcurrency || 2, count));
    this.helpers ??= Array.from({ length: many }, () => this.#worker({ ...this.begin, helper: true }));
    const found = /** @type {any[]} */ ([]), job = (this.job += 1);
    let next = 0;
    return new Promise((done) => {
      this.stopStarts = () => {
        this.helpers?.forEach((helper) => helper.terminate()); // one may train on for long
        this.helpers = null;
        this.stopStarts = () => {};
        done(found);
      };
      for (const helper of this.helpers ?? []) {
        const go = () => next < count && helper.postMessage({ help: { job, seed: next++, epochs } });
        helper.onmessage = ({ data: message }) => {
          if (message.job !== job) return;
          found.push(message.start);
          if (count < FEW_STARTS || found.length % 10 === 0) told(found.length);
          if (found.length < count) go();
          else {
            this.stopStarts = () => {};
            done(found);
          }
        };
        helper.postMessage({ help: { settings, data } });
        go();
        go(); // one waits while one is trained
      }
    });
  }

  close() {
    this.worker?.terminate();
    this.helpers?.forEach((helper) => helper.terminate());
  }

  /** @param {object} message */
  send(message) {
    if (this.waiting) this.waiting.push(message);
    else this.worker?.postMessage(message);
  }

  /** @param {(message: any) => void} listener */
  onmessage(listener) {
    this.listeners.push(listener);
  }

  /** @param {string} lang */
  fetch_texts(lang) {
    return this.home.texts(lang);
  }

  fetch_lessons() {
    return this.home.lessons();
  }

  /** @param {string} name */
  fetch_lesson(name) {
    return this.home.lesson(name);
  }

  /** @param {File} file */
  send_table(file) {
    return this.home.table(file);
  }
}
