// Message transport. The page uses a WebSocket; the notebook widget provides an object with the same methods.

/** @typedef {import("./types.js").Transport} Transport */

/** @implements {Transport} */
export class SocketTransport {
  /** @param {Location} location The page's origin; no other host is ever contacted. */
  constructor(location) {
    this.base = location.origin;
    this.listeners = /** @type {((message: any) => void)[]} */ ([]);
    this.watchers = /** @type {((open: boolean) => void)[]} */ ([]);
    this.waiting = /** @type {string[]} */ ([]);
    this.delay = 500;
    this.open();
  }

  open() {
    const url = this.base.replace(/^http/, "ws") + "/socket";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.delay = 500;
      for (const text of this.waiting.splice(0)) socket.send(text);
      this.watchers.forEach((watcher) => watcher(true));
    };
    socket.onmessage = ({ data }) => {
      const message = typeof data === "string" ? JSON.parse(data) : data;
      this.listeners.forEach((listener) => listener(message));
    };
    socket.onclose = () => {
      this.watchers.forEach((watcher) => watcher(false));
      setTimeout(() => this.open(), this.delay);
      this.delay = Math.min(2 * this.delay, 10000);
    };
    this.socket = socket;
  }

  /** @param {object} message */
  send(message) {
    const text = JSON.stringify(message);
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
    else if (this.waiting.length < 100) this.waiting.push(text);
  }

  /** @param {(message: any) => void} listener */
  onmessage(listener) {
    this.listeners.push(listener);
  }

  /** @param {(open: boolean) => void} watcher */
  onstatus(watcher) {
    this.watchers.push(watcher);
  }

  /** @param {string} lang */
  fetch_texts(lang) {
    return this.get(`/texts/${lang}.json`);
  }

  fetch_lessons() {
    return this.get("/lessons");
  }

  /** @param {string} name */
  fetch_lesson(name) {
    return this.get(`/lessons/${encodeURIComponent(name)}.json`);
  }

  /** @param {File} file */
  async send_table(file) {
    const headers = { "X-Filename": encodeURIComponent(file.name) };
    const answer = await fetch(this.base + "/table", { method: "POST", headers, body: file });
    return answer.json();
  }

  /** @param {string} path */
  async get(path) {
    const answer = await fetch(this.base + path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }
}
