// The same playground in a notebook: messages use the widget's channel; texts and lessons are part of the module.
import { mount } from "./app.js";

/** @typedef {import("./types.js").Transport} Transport */

/** @implements {Transport} */
export class WidgetTransport {
  /**
   * @param {any} model of anywidget: send(content), on("msg:custom", (content, buffers) => …)
   * @param {{texts: Record<string, Record<string, string>>, lessons: any[]}} carried
   */
  constructor(model, carried) {
    this.model = model;
    this.carried = carried;
    this.view = `${Date.now()} ${Math.random()}`;
    this.leaving = () => this.send({ type: "bye", view: this.view });
  }

  /** @param {object} message */
  send(message) {
    this.model.send(message);
  }

  /** @param {(message: any) => void} listener */
  onmessage(listener) {
    this.heard = (/** @type {any} */ content, /** @type {DataView[]} */ buffers = []) => {
      if (!buffers.length) listener(content);
      else listener(buffers[0].buffer.slice(buffers[0].byteOffset, buffers[0].byteOffset + buffers[0].byteLength));
    };
    this.model.on("msg:custom", this.heard);
    window.addEventListener("pagehide", this.leaving);
    this.send({ type: "hello", view: this.view });
  }

  /** The view is gone; if it was the last one, the kernel pauses the run. */
  close() {
    window.removeEventListener("pagehide", this.leaving);
    this.model.off("msg:custom", this.heard);
    this.leaving();
  }

  /** @param {(open: boolean) => void} watcher */
  onstatus(watcher) {
    watcher(true);
  }

  /** @param {string} lang */
  async fetch_texts(lang) {
    return this.carried.texts[lang];
  }

  async fetch_lessons() {
    return this.carried.lessons;
  }

  /** @param {string} name */
  async fetch_lesson(name) {
    return this.carried.lessons.find((lesson) => lesson.name === name);
  }

  /** @returns {Promise<any>} */
  async send_table() {
    throw new Error("A widget's data comes from the notebook.");
  }
}

/**
 * @param {{model: any, el: HTMLElement}} given by anywidget
 * @param {{texts: Record<string, Record<string, string>>, lessons: any[]}} carried
 */
export function render({ model, el }, carried) {
  const root = document.createElement("div");
  // Keys pressed here are not for JupyterLab, in whose command mode "a" adds a cell and "dd" deletes one. It matches
  // its shortcuts against the focused element first, so every focusable element must carry the mark.
  root.addEventListener("focusin", ({ target }) => target instanceof HTMLElement && (target.dataset.lmSuppressShortcuts = "true"));
  el.classList.add("koubai-widget");
  el.append(root);
  const transport = new WidgetTransport(model, carried);
  mount(root, transport, { page: false });
  return () => transport.close();
}
