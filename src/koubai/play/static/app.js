// Puts the playground together: messages into the store, panels out of it.
import { el } from "./dom.js";
import { decode } from "./frames.js";
import { read, written } from "./link.js";
import { Store } from "./store.js";
import { Texts } from "./texts.js";
import { first_state } from "./state.js";
import { headerPanel } from "./panel-header.js";
import { settingsPanel } from "./panel-settings.js";
import { dataPanel } from "./panel-data.js";
import { networkPanel } from "./panel-network.js";
import { outputPanel } from "./panel-output.js";
import { lossPanel } from "./panel-loss.js";
import { timelinePanel } from "./panel-timeline.js";
import { explainPanel } from "./panel-explain.js";
import { startsPanel } from "./panel-starts.js";
import { ownPanel } from "./panel-own.js";
import { lessonsPanel, lessonBar } from "./panel-lessons.js";
import { keepPanel } from "./panel-keep.js";
import { hidingPanel } from "./panel-hiding.js";
import { keyboard } from "./keyboard.js";

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Transport} transport
 * @param {{page: boolean}} options page: whether the address and the window belong to the playground
 */
export function mount(root, transport, options = { page: false }) {
  const store = new Store(first_state());
  const texts = new Texts();
  const instant = new Instant(transport, store);

  /** @type {import("./types.js").Context} */
  const context = {
    store, transport, texts,
    send: (message) => transport.send(message),
    change: (settings) => {
      store.set({ settings: { ...store.state.settings, ...settings } });
      transport.send({ type: "settings", settings });
      if (store.state.instant) instant.ask();
    },
  };

  const output = outputPanel(context), network = networkPanel(context, output.map);
  const panels = [
    headerPanel(context), lessonBar(context), settingsPanel(context), dataPanel(context), output, network, lossPanel(context),
    timelinePanel(context), explainPanel(context), startsPanel(context), ownPanel(context), lessonsPanel(context),
    keepPanel(context, { network, output }), hidingPanel(context),
  ];
  const [head, lesson, settings, data, map, middle, curve, timeline, explain, starts, own, lessons, keep, hiding] = panels.map((panel) => panel.element);
  const status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  root.classList.add("koubai-play");
  root.replaceChildren(
    head, problem, lesson, settings,
    el("main", { class: "bench" }, data, middle, el("div", { class: "side" }, map, curve)),
    timeline,
    explain,
    el("div", { class: "cards" }, el("div", { class: "pile" }, lessons, starts), el("div", { class: "pile" }, own, keep, hiding)),
    status,
  );

  store.subscribe((state, changed) => {
    if (changed.has("lang") || changed.has("texts")) {
      texts.apply(root);
      root.lang = state.lang;
      if (options.page) {
        document.documentElement.lang = state.lang;
        document.title = texts.text("play.header.window");
      }
    }
    if (changed.has("theme")) root.dataset.theme = state.theme;
    if (changed.has("settings") && state.settings) {
      const hidden = new Set(state.settings.hide || []);
      for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-control]"))) node.classList.toggle("hidden", hidden.has(node.dataset.control || ""));
    }
    if (changed.has("problem")) {
      problem.hidden = !state.problem;
      problem.textContent = state.problem;
    }
    for (const panel of panels) panel.update(state, changed);
    if (changed.has("running") || changed.has("connected") || changed.has("lang")) status.textContent = spoken(state, texts);
    if (changed.has("frame") && state.frame) seen.drawn();
  });

  const seen = new Acknowledged(transport);
  let counted = 0, since = performance.now();
  transport.onstatus((open) => {
    store.set({ connected: open });
  });
  transport.onmessage((message) => {
    if (message instanceof ArrayBuffer) {
      const frame = decode(message);
      const { epoch, step, running } = frame.header;
      const state = store.state;
      const timeline = frame.header.position === undefined ? state.timeline : { ...state.timeline, position: frame.header.position,
        length: Math.max(state.timeline?.length ?? 0, frame.header.length ?? frame.header.position + 1) };
      counted += 1;
      const now = performance.now();
      if (now - since > 1000) {
        store.set({ fps: (counted * 1000) / (now - since) });
        counted = 0;
        since = now;
      }
      seen.came(frame.header.id);
      store.set({ frame, epoch, step, running: running ?? state.running, timeline });
      if (frame.header.instant) instant.arrived();
      return;
    }
    receive(message, context, options);
  });
  keyboard(root, context, options.page);
  root.dataset.theme = store.state.theme;
  if (options.page) {
    window.addEventListener("hashchange", () => {
      const wanted = read(window.location.hash);
      if (written(store.state.settings, store.state.defaults) !== window.location.hash.slice(1))
        transport.send({ type: "settings", settings: { ...store.state.defaults, ...wanted } });
    });
  }
  const load = async (/** @type {string} */ lang) => {
    texts.table = await transport.fetch_texts(lang);
    store.changed.add("texts");
    store.changed.add("lang");
    store.set({ lang: /** @type {any} */ (lang) });
    store.tell();
  };
  store.load = load;
  load(store.state.lang);
  transport.fetch_lessons().then((found) => store.set({ lessons: found })).catch(() => store.set({ lessons: [] }));
  Object.assign(root, { playground: { store, context } });
  new ResizeObserver(() => panels.forEach((panel) => panel.resized?.())).observe(root);
  return store;
}

/**
 * @param {any} message
 * @param {import("./types.js").Context} context
 * @param {{page: boolean}} options
 */
function receive(message, { store, send, transport }, options) {
  const { type, ...rest } = message;
  if (type === "hello") {
    store.set({ catalogue: rest.catalogue, settings: rest.settings, defaults: rest.defaults ?? rest.settings });
    const wanted = options.page ? read(window.location.hash) : {};
    if (Object.keys(wanted).length) send({ type: "settings", settings: wanted });
    const name = wanted.lesson || rest.settings.lesson;
    if (name) transport.fetch_lesson(name).then((lesson) => store.set({ lesson, lesson_step: 0 }));
  } else if (type === "state") {
    store.set({ ...rest, problem: "" });
    if (options.page && rest.settings) {
      const hash = written(rest.settings, store.state.defaults);
      if (hash !== window.location.hash.slice(1)) history.replaceState(null, "", `${location.pathname}${location.search}${hash ? "#" + hash : ""}`);
    }
  } else if (type === "data") store.set({ data: rest });
  else if (type === "losses") {
    const old = store.state.losses;
    store.set({ losses: rest.whole ? rest : {
      epochs: old.epochs.concat(rest.epochs), train: old.train.concat(rest.train), test: old.test.concat(rest.test),
    } });
  } else if (type === "explanation") store.set({ explanation: rest });
  else if (type === "starts") store.set({ starts: rest });
  else if (type === "download") keep(rest);
  else if (type === "problem") store.set({ problem: rest.text });
}

/** @param {{name: string, media_type: string, base64: string}} file */
function keep({ name, media_type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const link = el("a", { href: URL.createObjectURL(new Blob([bytes], { type: media_type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Acknowledges frames so that the next one is on its way while one is drawn, and never more than that. */
class Acknowledged {
  /** @param {import("./types.js").Transport} transport */
  constructor(transport) {
    this.transport = transport;
    this.undrawn = 0;
    this.owed = -1;
  }

  /** @param {number} id */
  came(id) {
    this.undrawn += 1;
    if (this.undrawn === 1) this.transport.send({ type: "ack", id });
    else this.owed = id;
  }

  drawn() {
    this.undrawn = 0;
    if (this.owed >= 0) {
      this.transport.send({ type: "ack", id: this.owed });
      this.undrawn = 0;
      this.owed = -1;
    }
  }
}

/** Asks for final states one at a time, the latest change always being answered. */
class Instant {
  /**
   * @param {import("./types.js").Transport} transport
   * @param {Store} store
   */
  constructor(transport, store) {
    this.transport = transport;
    this.store = store;
    this.busy = false;
    this.again = false;
    this.since = 0;
  }

  ask() {
    if (this.busy && performance.now() - this.since < 5000) {
      this.again = true;
      return;
    }
    this.busy = true;
    this.again = false;
    this.since = performance.now();
    this.transport.send({ type: "instant", epochs: Math.min(5000, this.store.state.settings.stop_at || 500) });
  }

  arrived() {
    const since = this.since;
    requestAnimationFrame(() => this.store.set({ instant_ms: performance.now() - since }));
    this.busy = false;
    if (this.again) this.ask();
  }
}

/**
 * @param {import("./types.js").State} state
 * @param {Texts} texts
 */
function spoken(state, texts) {
  if (!state.connected) return texts.text("play.status.lost");
  return texts.text(state.running ? "play.status.running" : "play.status.paused", { epoch: Math.floor(state.epoch) });
}
