// The same playground in a notebook: the session runs in a worker here, rows and derivations come from the kernel.
import { mount } from "./app.js";
import { Problem } from "./experiment/problem.js";
import { Carried } from "./session/carried.js";
import { decoded } from "./data/rows.js";
import { SessionTransport } from "./session/transport.js";

/** @typedef {import("./types.js").Home} Home */

/** @implements {Home} */
export class WidgetHome extends Carried {
  /**
   * @param {any} model of anywidget: send(content), on("msg:custom", (content) => …)
   * @param {any} carried what the module brings along
   */
  constructor(model, carried) {
    super(carried);
    this.model = model;
    this.view = `${Date.now()} ${Math.random()}`;
    this.asked = /** @type {Map<number, {done: (answer: any) => void, failed: (problem: Problem) => void}>} */ (new Map());
    this.number = 0;
    this.told = /** @type {Promise<any> | null} */ (null);
    this.obeys = (/** @type {object} */ _) => {};
    this.heard = (/** @type {any} */ content) => this.#hear(content);
    this.leaving = () => this.model.send({ type: "bye", view: this.view });
    model.on("msg:custom", this.heard);
    window.addEventListener("pagehide", this.leaving);
  }

  /** @param {any} message */
  #hear(message) {
    if (message.type === "answer" && message.view === this.view) {
      const waiting = this.asked.get(message.id);
      this.asked.delete(message.id);
      if (message.text === undefined) waiting?.done(message.answer);
      else waiting?.failed(new Problem("said", { what: message.text }));
    } else if (message.type === "obey" && message.view !== this.view) this.obeys(message.message);
  }

  /**
   * @param {string} what
   * @param {any} part
   * @returns {Promise<any>}
   */
  #ask(what, part) {
    const id = (this.number += 1);
    return new Promise((done, failed) => {
      this.asked.set(id, { done, failed });
      this.model.send({ type: "ask", view: this.view, id, what, part });
    });
  }

  /** The catalogue, with the run as it stands in the kernel. */
  async catalogue() {
    this.told ??= this.#ask("begin", {});
    return { ...(await super.catalogue()), ...(await this.told) };
  }

  /** @param {any} settings */
  async rows(settings) {
    return decoded(await this.#ask("rows", settings));
  }

  /** @param {any} asked */
  explain(asked) {
    return this.#ask("explain", asked);
  }

  /** @param {any} document */
  keep(document) {
    return this.#ask("keep", document);
  }

  /** @param {any} document */
  kept(document) {
    this.model.send({ type: "kept", view: this.view, document });
  }

  /** @returns {Promise<any>} */
  async table() {
    throw new Problem("given_table");
  }

  /** The view is gone. */
  close() {
    window.removeEventListener("pagehide", this.leaving);
    this.model.off("msg:custom", this.heard);
    this.leaving();
  }
}

/**
 * @param {{model: any, el: HTMLElement}} given by anywidget
 * @param {any} carried
 */
export function render({ model, el }, carried) {
  const root = document.createElement("div");
  // Keys pressed here are not for JupyterLab, in whose command mode "a" adds a cell and "dd" deletes one. It matches
  // its shortcuts against the focused element first, so every focusable element must carry the mark.
  root.addEventListener("focusin", ({ target }) => target instanceof HTMLElement && (target.dataset.lmSuppressShortcuts = "true"));
  el.classList.add("koubai-widget");
  el.append(root);
  const home = new WidgetHome(model, carried), transport = new SessionTransport(home);
  home.obeys = (message) => transport.send(message);
  mount(root, transport, { page: false });
  return () => {
    transport.close();
    home.close();
  };
}
