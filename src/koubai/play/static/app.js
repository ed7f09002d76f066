// Assembles the playground: messages go into the store, panels render from it.
import { el, save } from "./dom.js";
import { Acknowledged, Instant, Patience } from "./flow.js";
import { decode } from "./frames.js";
import { read, written } from "./link.js";
import { Store } from "./store.js";
import { Texts } from "./texts.js";
import { first_state } from "./state.js";
import { headerPanel } from "./panel-header.js";
import { settingsPanel } from "./panel-settings.js";
import { REAL, dataPanel } from "./panel-data.js";
import { networkPanel } from "./panel-network.js";
import { outputPanel } from "./panel-output.js";
import { lossPanel } from "./panel-loss.js";
import { timelinePanel } from "./panel-timeline.js";
import { explainPanel } from "./panel-explain.js";
import { startsPanel } from "./panel-starts.js";
import { drawn, unfinished } from "./brush.js";
import { ownPanel } from "./panel-own.js";
import { lessonsPanel, lessonBar } from "./panel-lessons.js";
import { keepPanel } from "./panel-keep.js";
import { hidingPanel } from "./panel-hiding.js";
import { keyboard } from "./keyboard.js";

/**
 * @param {HTMLElement} root
 * @param {import("./types.js").Transport} transport
 * @param {{page: boolean}} options page: whether the playground owns the address and the window
 */
export function mount(root, transport, options = { page: false }) {
  const store = new Store(first_state());
  const texts = new Texts();
  const instant = new Instant(transport, store), patience = new Patience(store);

  /** @type {Record<string, any>} Settings held back until points of two classes are drawn. */
  let kept = {};

  /** @type {import("./types.js").Context} */
  const context = {
    store, transport, texts,
    send: (message) => {
      patience.asked(message);
      transport.send(message);
    },
    change: (settings) => {
      const wanted = { ...store.state.settings, ...settings };
      store.set({ settings: wanted });
      kept = { ...kept, ...settings };
      if (unfinished(wanted)) {
        store.set({ data: drawn(wanted.points) });
        return;
      }
      context.send({ type: "settings", settings: kept });
      kept = {};
      if (store.state.instant) instant.ask();
    },
  };

  const output = outputPanel(context), network = networkPanel(context, output.face);
  const table = ownPanel(context);
  const panels = [
    headerPanel(context), lessonBar(context), settingsPanel(context), dataPanel(context), output, network, lossPanel(context),
    timelinePanel(context), explainPanel(context), startsPanel(context), table, lessonsPanel(context),
    keepPanel(context, { network, output }), hidingPanel(context),
  ];
  const [head, lesson, settings, data, map, middle, curve, timeline, explain, starts, own, lessons, keep, hiding] = panels.map((panel) => panel.element);
  const status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  const notice = el("p", { class: "notice", hidden: true });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const bench = el("main", { class: "bench" }, data, el("div", { class: "middle" }, middle, timeline), el("div", { class: "side" }, map, curve));
  root.classList.add("koubai-play");
  root.replaceChildren(
    head, problem, notice, lesson, settings, bench, explain,
    el("div", { class: "cards" }, el("div", { class: "pile" }, lessons, starts), el("div", { class: "pile" }, own, keep, hiding)),
    status,
  );
  if (!options.page) apart(root);

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
    if (["waiting", "connected", "lang"].some((key) => changed.has(key))) {
      notice.hidden = state.connected && !state.waiting;
      notice.textContent = texts.text(state.connected ? "play.status.waiting" : "play.status.lost");
    }
    if (changed.has("other")) bench.classList.toggle("compared", Boolean(state.other));
    if (options.page && state.settings && state.network && ["instant", "unit", "until", "lesson_step", "lesson"].some((key) => changed.has(key))) address(state);
    for (const panel of panels) panel.update(state, changed);
    if (changed.has("running") || changed.has("connected") || changed.has("lang")) status.textContent = spoken(state, texts);
    if (changed.has("frame") && state.frame) seen.drawn();
  });

  const seen = new Acknowledged(transport);
  let counted = 0, since = performance.now();
  transport.onstatus((open) => {
    store.set({ connected: open, waiting: false });
  });
  transport.onmessage((message) => {
    if (message instanceof ArrayBuffer) {
      patience.answered();
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
      const learnt = lately(frame, state);
      store.set({ frame, epoch, step, running: running ?? state.running, timeline, learnt, ...(learnt ? { row: learnt.rows[0] } : {}) });
      if (frame.header.instant) instant.arrived();
      return;
    }
    if (message.type === "problem") patience.answered();
    receive(message, context, options);
  });
  keyboard(root, context, options.page);
  if (options.page) dropping(root, (file) => table.take(file)); // a notebook's rows come from its cells
  root.dataset.theme = store.state.theme;
  if (options.page) {
    window.addEventListener("hashchange", () => {
      if (!store.state.settings || written(store.state) === window.location.hash.slice(1)) return;
      const { settings, own } = read(window.location.hash);
      store.set(own);
      context.send({ type: "settings", settings: { ...store.state.defaults, ...settings } });
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

const NAMES = ["id", "for", "popovertarget", "aria-labelledby", "aria-controls"];

/**
 * A notebook may show several playgrounds in one document, so the ids by which elements refer to each other are made
 * unique.
 * @param {HTMLElement} root
 */
function apart(root) {
  const own = Math.random().toString(36).slice(2, 8);
  for (const name of NAMES) for (const node of root.querySelectorAll(`[${name}]`)) node.setAttribute(name, `${node.getAttribute(name)}-${own}`);
}

/**
 * @param {any} message
 * @param {import("./types.js").Context} context
 * @param {{page: boolean}} options
 */
function receive(message, { store, send, change, transport }, options) {
  const { type, ...rest } = message;
  if (type === "hello") {
    store.set({ catalogue: rest.catalogue, settings: rest.settings, defaults: rest.defaults ?? rest.settings });
    const { settings, own } = options.page ? read(window.location.hash) : { settings: {}, own: {} };
    store.set(own);
    if (REAL.has(settings.dataset) && !("axes" in settings)) settings.axes = "pca";
    if (Object.keys(settings).length) send({ type: "settings", settings });
    if (own.instant) change({}); // opening the link shows the final state too
    const name = settings.lesson || rest.settings.lesson;
    const resumed = "lesson_step" in own && Object.keys(settings).some((each) => !["lesson", "hide"].includes(each));
    if (name) transport.fetch_lesson(name).then((lesson) => store.set({ lesson: { ...lesson, resumed }, lesson_step: own.lesson_step ?? 0 })).catch(() => {});
  } else if (type === "state") {
    for (const name of ["network", "feature_names", "classes"]) // keep unchanged values, so that no focus is lost
      if (JSON.stringify(rest[name]) === JSON.stringify(/** @type {any} */ (store.state)[name])) delete rest[name];
    store.set({ ...rest, problem: "" });
    if (options.page && rest.settings) address(store.state);
  } else if (type === "data") store.set({ data: rest });
  else if (type === "losses") {
    const { losses: old, future } = store.state;
    if (rest.whole) {
      const longest = future && future.epochs.length > old.epochs.length ? future : old;
      const back = rest.train[0] === longest.train[0] && rest.epochs.length < longest.epochs.length;
      store.set({ losses: rest, future: back ? longest : null });
    } else if (rest.epochs.length) {
      const losses = { epochs: old.epochs.concat(rest.epochs), train: old.train.concat(rest.train), test: old.test.concat(rest.test) };
      store.set({ losses, future: null });
    }
  } else if (type === "explanation") store.set({ explanation: rest });
  else if (type === "starts") store.set({ starts: rest });
  else if (type === "download") keep(rest);
  else if (type === "problem") store.set({ problem: rest.text });
}

/**
 * The examples of the last manual step and, for a perceptron, whether its example changed the weights.
 * @param {import("./types.js").Frame} frame
 * @param {import("./types.js").State} state before that frame
 */
function lately(frame, state) {
  const rows = frame.header.rows ?? [];
  if (!rows.length) return null;
  const before = state.frame?.blocks.theta?.data, after = frame.blocks.theta.data;
  const alone = state.settings?.mode === "perceptron" && rows.length === 1 && before?.length === after.length;
  return { rows, changed: alone ? after.some((value, at) => value !== before?.[at]) : null };
}

/** @param {import("./types.js").State} state */
function address(state) {
  const hash = written(state);
  if (hash !== window.location.hash.slice(1)) history.replaceState(null, "", `${location.pathname}${hash ? "#" + hash : ""}`);
}

/**
 * Lets a table be dropped anywhere on the playground.
 * @param {HTMLElement} root
 * @param {(file: File) => void} take
 */
function dropping(root, take) {
  const files = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  root.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    root.classList.add("over");
  });
  root.addEventListener("dragleave", (event) => root.contains(/** @type {Node | null} */ (event.relatedTarget)) || root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    root.classList.remove("over");
    const dropped = event.dataTransfer?.files[0];
    if (!dropped) return;
    event.preventDefault();
    take(dropped);
  });
}

/** @param {{name: string, media_type: string, base64: string}} file */
function keep({ name, media_type, base64 }) {
  save(new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: media_type }), name);
}

/**
 * @param {import("./types.js").State} state
 * @param {Texts} texts
 */
function spoken(state, texts) {
  if (!state.connected) return texts.text("play.status.lost");
  return texts.text(state.running ? "play.status.running" : "play.status.paused", { epoch: Math.floor(state.epoch) });
}
