// Where a page on a host finds what it needs: files beside it and, if a koubai server serves it, what only Python can do.
import { Problem } from "../experiment/problem.js";
import { OwnTables } from "../data/tables.js";
import { decoded } from "../data/rows.js";

/** @typedef {import("../types.js").Home} Home */

/** @implements {Home} */
export class HostHome {
  /**
   * @param {URL} base of the page; no other host is ever contacted
   * @param {() => Worker} worker begins one
   */
  constructor(base, worker) {
    this.base = base;
    this.worker = worker;
    this.own = new OwnTables();
    this.files = /** @type {Map<string, Promise<any>>} */ (new Map());
  }

  catalogue() {
    return this.#get("catalogue.json");
  }

  async engine() {
    const { engine } = await this.catalogue();
    if (!engine) return null;
    const [module, description] = await Promise.all([fetch(this.#at(engine.module)), this.#get(engine.description)]);
    if (!module.ok) throw new Problem("no_engine", { what: `${engine.module}: ${module.status}` });
    return { module: await module.arrayBuffer(), description };
  }

  /** @param {string} lang */
  texts(lang) {
    return this.#get(`texts/${lang}.json`);
  }

  lessons() {
    return this.#get("lessons.json");
  }

  /** @param {string} name */
  async lesson(name) {
    if ((await this.catalogue()).served) return this.#get(`lessons/${encodeURIComponent(name)}.json`);
    return (await this.lessons()).find((/** @type {any} */ each) => each.name === name);
  }

  /** Get what may be asked for later, so that nothing is when the page has loaded. */
  async ahead() {
    for (const path of (await this.catalogue()).ahead ?? []) await this.#get(path).catch(() => {}); // asked for again where it is needed
  }

  /** @param {File} file */
  async table(file) {
    if (!(await this.catalogue()).served) return this.own.take(file);
    const headers = { "X-Filename": encodeURIComponent(file.name) };
    return (await fetch(this.#at("table"), { method: "POST", headers, body: file })).json();
  }

  /** @param {any} settings */
  async rows(settings) {
    if ((await this.catalogue()).served) return decoded(await this.#ask("rows", settings));
    return this.own.rows(settings, async (name) => decoded(await this.#get(`tables/${name}.json`)));
  }

  /** A derivation by Python, or what the session needs to write it itself. @param {any} asked */
  async explain(asked) {
    if ((await this.catalogue()).served) return this.#ask("explain", asked);
    return { derivations: await this.#get("derivations.json") };
  }

  /**
   * The model as a file, by Python if it is there: with a table's preparation and scores.
   * @param {any} document
   * @returns {Promise<{base64: string} | null>}
   */
  async keep(document) {
    return (await this.catalogue()).served ? this.#ask("keep", document) : null;
  }

  /** @param {string} path */
  #at(path) {
    return new URL(path, this.base);
  }

  /** A file, asked for once. @param {string} path @returns {Promise<any>} */
  #get(path) {
    const known = this.files.get(path), found = known ?? this.#read(path);
    if (!known) {
      this.files.set(path, found);
      found.catch(() => this.files.delete(path));
    }
    return found;
  }

  /** @param {string} path */
  async #read(path) {
    const answer = await fetch(this.#at(path));
    if (!answer.ok) throw new Problem("no_answer", { what: `${path}: ${answer.status}` });
    return answer.json();
  }

  /**
   * @param {string} path
   * @param {any} body
   */
  async #ask(path, body) {
    let answer;
    try {
      answer = await fetch(this.#at(path), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    } catch {
      throw new Problem("lost");
    }
    const found = await answer.json().catch(() => ({ text: String(answer.status) }));
    if (!answer.ok) throw new Problem("said", { what: found.text });
    return found;
  }
}
