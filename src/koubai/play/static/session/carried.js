// What a page brings along in its own file: engine, texts, lessons, and the example tables as they were prepared.
import { OwnTables } from "../data/tables.js";
import { decoded } from "../data/rows.js";

/** @typedef {import("../types.js").Home} Home */

/** @implements {Home} */
export class Carried {
  /** @param {{catalogue: any, engine: {module: string, description: string} | null, worker: string, texts: any, lessons: any[], tables?: any, derivations?: any}} carried */
  constructor(carried) {
    this.carried = carried;
    this.own = new OwnTables();
    this.place = "";
  }

  /** @returns {Promise<any>} */
  async catalogue() {
    return this.carried.catalogue;
  }

  async engine() {
    const { engine } = this.carried;
    if (!engine) return null;
    const [module, description] = await Promise.all([unpacked(engine.module), unpacked(engine.description)]);
    return { module, description: JSON.parse(new TextDecoder().decode(description)) };
  }

  worker() {
    this.place ||= URL.createObjectURL(new Blob([this.carried.worker], { type: "text/javascript" }));
    return new Worker(this.place);
  }

  /** @param {string} lang */
  async texts(lang) {
    return this.carried.texts[lang];
  }

  async lessons() {
    return this.carried.lessons;
  }

  /** @param {string} name */
  async lesson(name) {
    return this.carried.lessons.find((lesson) => lesson.name === name);
  }

  /** @param {File} file @returns {Promise<any>} */
  table(file) {
    return this.own.take(file);
  }

  /** @param {any} settings @returns {Promise<any>} */
  rows(settings) {
    return this.own.rows(settings, async (name) => decoded(JSON.parse(new TextDecoder().decode(await unpacked(this.carried.tables[name])))));
  }

  /** What the session needs to write a derivation itself. @param {any} _ @returns {Promise<any>} */
  async explain(_) {
    return { derivations: JSON.parse(new TextDecoder().decode(await unpacked(this.carried.derivations))) };
  }

  /** @param {any} _ @returns {Promise<{base64: string} | null>} */
  async keep(_) {
    return null;
  }
}

/** Bytes that were packed by gzip and written in base64. @param {string} text */
async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
