// Assembles the playground: messages go into the store, panels render from it.
import { el, save } from "./page/dom.js";
import { Acknowledged, Instant, Patience } from "./page/flow.js";
import { address, read, sifted, written } from "./page/link.js";
import { keep_table, kept_table } from "./page/table-kept.js";
import { Pictured } from "./page/pictured.js";
import { Store } from "./page/store.js";
import { Texts } from "./page/texts.js";
import { first_state } from "./page/state.js";
import { REAL } from "./panels/data.js";
import { PANELS } from "./panels/all.js";
import { drawn, unfinished } from "./drawing/brush.js";
import { predicted } from "./lessons/bar.js";
import { allowed, is_locked, refusal, step_of, under } from "./lessons/locks.js";
import { imagesOf, lacksImages } from "./data/images.js";
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
      const why = refusal(store.state, message, predicted);
      if (why) {
        store.set({ problem: texts.text(why) });
        return;
      }
      if (ACTS.has(/** @type {any} */ (message).type)) store.set({ problem: "" }); // what was told before concerns what was done before
      patience.asked(message);
      transport.send(message);
    },
    change: (settings) => context.force(allowed(store.state, settings)),
    force: (settings) => {
      const wanted = { ...store.state.settings, ...settings };
      store.set({ settings: wanted });
      kept = { ...kept, ...settings };
      if (unfinished(wanted)) {
        store.set({ data: drawn(wanted.points), frame: null, losses: { epochs: [], train: [], test: [] }, future: null }); // nothing has learnt from these yet
        return;
      }
      const final = store.state.instant && !refusal(store.state, { type: "instant" }, predicted);
      context.send({ type: "settings", settings: kept, instant: final });
      kept = {};
      if (final) instant.ask();
    },
  };

  const pictured = new Pictured();
  const { made, panels, at } = placed(context);
  const status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  const notice = el("p", { class: "notice", hidden: true });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const stage = el("div", { class: "stage" }, el("div", { class: "middle" }, ...at("middle")), el("div", { class: "side" }, ...at("side")));
  const bench = el("main", { class: "bench" }, ...at("data"), stage);
  const ofImages = el("p", { class: "what of-images", text: "play.header.what_images" });
  const lead = el("section", { class: "lead", label: "play.header.title" }, el("p", { class: "what of-planes", text: "play.header.what" }), ofImages, ...at("lead"));
  root.classList.add("koubai-play");
  root.replaceChildren(
    ...at("head"), lead, problem, notice, ...at("lesson"), ...at("settings"), bench, ...at("below"),
    el("div", { class: "cards" }, el("div", { class: "pile" }, ...at("first")), el("div", { class: "pile" }, ...at("second"))),
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
      const images = imagesOf(state.catalogue, state.settings), what = images?.n ? "play.header.what_given" : "play.header.what_images";
      root.classList.toggle("images", Boolean(images));
      if (ofImages.dataset.text !== what) {
        ofImages.dataset.text = what;
        ofImages.textContent = texts.text(what);
      }
    }
    if (changed.has("settings") && state.settings && pictured.differ(state.settings)) changed.add("pictured");
    if (changed.has("problem")) {
      problem.hidden = !state.problem;
      problem.textContent = state.problem;
    }
    if (changed.has("waiting") || changed.has("lang")) {
      notice.hidden = !state.waiting;
      notice.textContent = texts.text("play.status.waiting");
    }
    if (changed.has("other")) bench.classList.toggle("compared", Boolean(state.other));
    if (options.page && state.settings && state.network && ["instant", "unit", "until", "lesson_step", "lesson"].some((key) => changed.has(key))) address(state);
    for (const panel of panels) panel.update(state, changed);
    if (["settings", "network", "lesson", "lesson_step", "lessons"].some((key) => changed.has(key)) && state.settings) { // after the panels: a network of another shape brings new controls
      const hidden = new Set(state.settings.hide || []);
      for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-control]"))) node.classList.toggle("hidden", hidden.has(node.dataset.control || ""));
      lock(root, state, texts);
    }
    if (changed.has("running") || changed.has("lang")) status.textContent = spoken(state, texts);
    if (changed.has("frame") && state.frame) seen.drawn();
  });

  const seen = new Acknowledged(transport);
  transport.onmessage((message) => {
    if (message.type === "frame") {
      patience.answered();
      const frame = message;
      const { epoch, step, running } = frame.header;
      const state = store.state;
      const timeline = frame.header.position === undefined ? state.timeline : { ...state.timeline, position: frame.header.position,
        length: frame.header.length ?? Math.max(state.timeline?.length ?? 0, frame.header.position + 1) };
      seen.came(frame.header.id);
      const learnt = lately(frame, state);
      if (Boolean(frame.blocks.seen) !== Boolean(state.frame?.blocks.seen)) for (const key of Object.keys(state)) store.changed.add(key); // images come or go: all is shown anew
      const ahead = timeline.position >= timeline.length - 1 ? frame : state.ahead;
      store.set({ frame, ahead, epoch, step, running: running ?? state.running, timeline, learnt, ...(learnt ? { row: learnt.rows[0] } : {}) });
      if (frame.header.instant) instant.arrived();
      return;
    }
    if (message.type === "problem") patience.answered();
    receive(message, context, options);
  });
  keyboard(root, context, options.page);
  if (options.page) dropping(root, (file) => made.own.take(file)); // a notebook's rows come from its cells
  root.dataset.theme = store.state.theme;
  if (options.page) {
    window.addEventListener("hashchange", () => {
      if (!store.state.settings || written(store.state) === window.location.hash.slice(1)) return;
      const { settings: asked, own } = read(window.location.hash), { good: settings, bad } = sifted(store.state.catalogue, asked);
      if (bad.length) queueMicrotask(() => store.set({ problem: texts.text("play.status.link", { names: bad.join(", ") }) }));
      withoutImages(store, texts, settings);
      const { lesson, defaults } = store.state, same = lesson && lesson.name === settings.lesson;
      if (same) own.lesson_step = Math.max(0, Math.min(lesson.steps.length - 1, own.lesson_step ?? 0));
      if (lesson && !same) store.set({ lesson: null });
      store.set(own);
      if (settings.lesson && !same) return begin(context, settings.lesson, own, settings);
      context.send({ type: "settings", settings: same ? under(lesson, own.lesson_step, defaults, settings) : { ...defaults, ...settings } });
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

const PLACES = ["head", "lead", "lesson", "settings", "data", "middle", "side", "below", "first", "second"];

/**
 * Makes all panels.
 * @param {import("./types.js").Context} context
 */
function placed(context) {
  const kinds = Object.entries(PANELS).sort(([, one], [, other]) => one.order - other.order);
  const made = /** @type {Record<string, any>} */ ({});
  for (const [name, kind] of kinds) {
    if (!PLACES.includes(kind.place)) throw new Error(`panel ${name}: place must be one of ${PLACES.join(", ")}; got ${kind.place}.`);
    made[name] = kind.make(context, made);
  }
  const panels = kinds.map(([name]) => /** @type {import("./types.js").Panel} */ (made[name]));
  /** @param {string} place */
  const at = (place) => kinds.filter(([, kind]) => kind.place === place).map(([name]) => made[name].element);
  return { made, panels, at };
}

/** Messages by which the user goes on, after which an old complaint is no longer shown. */
const ACTS = new Set(["settings", "run", "reset", "step", "edit", "seek", "swap", "instant", "starts", "download", "explain"]);

/** The settings that were last accepted, by page. */
const confirmed = /** @type {WeakMap<Store, any>} */ (new WeakMap());

/**
 * Marks what a lesson's step does not leave free.
 * @param {HTMLElement} root
 * @param {import("./types.js").State} state
 * @param {Texts} texts
 */
function lock(root, state, texts) {
  const free = step_of(state)?.free;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-control]"))) {
    const name = node.dataset.control || "", locked = Boolean(free) && name in state.settings && is_locked(state, name);
    node.classList.toggle("locked", locked);
    node.inert = locked;
    if (locked) node.title = texts.text("play.lessons.locked");
    else node.removeAttribute("title");
  }
}

const NAMES = ["id", "for", "popovertarget", "aria-labelledby", "aria-controls", "aria-describedby"];

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
function receive(message, { store, send, change, transport, texts }, options) {
  const { type, ...rest } = message;
  if (type === "hello") {
    store.set({ catalogue: rest.catalogue, settings: rest.settings, defaults: rest.defaults ?? rest.settings });
    const { settings: asked, own } = options.page ? read(window.location.hash) : { settings: {}, own: {} };
    const { good: settings, bad } = sifted(rest.catalogue, asked);
    if (bad.length) queueMicrotask(() => store.set({ problem: texts.text("play.status.link", { names: bad.join(", ") }) }));
    store.set(own);
    const table = options.page && settings.dataset === "table" ? kept_table() : null;
    if (table) Object.assign(settings, table.chosen);
    else if (settings.dataset === "table" && !settings.table && !rest.settings.table) {
      delete settings.dataset; // else the whole link would be refused
      queueMicrotask(() => store.set({ problem: texts.text("play.status.no_table") }));
    }
    if (table) store.set({ table: table.table });
    withoutImages(store, texts, settings);
    if (REAL.has(settings.dataset) && !("axes" in settings)) settings.axes = "pca";
    const name = settings.lesson || rest.settings.lesson;
    if (Object.keys(settings).length && !name) send({ type: "settings", settings });
    if (own.instant) change({}); // opening the link shows the final state too
    if (name) begin({ store, send, transport, texts }, name, own, settings);
  } else if (type === "state") {
    confirmed.set(store, rest.settings);
    for (const name of ["network", "feature_names", "classes", ...(store.state.network ? ["settings"] : [])]) // keep unchanged values, so that no focus is lost and nothing is drawn twice
      if (JSON.stringify(rest[name]) === JSON.stringify(/** @type {any} */ (store.state)[name])) delete rest[name];
    if (rest.notes?.length && JSON.stringify(rest.notes) !== JSON.stringify(store.state.notes)) { // what was done besides what was asked for
      store.set({ problem: rest.notes.map((/** @type {any} */ { key, values }) => texts.text(`play.problem.${key}`, values)).join(" ") });
    }
    store.set(rest);
    if (options.page) keep_table(store.state);
    if (options.page && store.state.settings) address(store.state);
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
  } else if (type === "explanation") store.set({ explanation: rest, derivations: store.state.derivations + 1 });
  else if (type === "starts") store.set({ starts: rest });
  else if (type === "download") keep(rest);
  else if (type === "problem") {
    const settings = confirmed.get(store); // a refused setting does not stay on screen
    store.set({ problem: texts.text(`play.problem.${rest.key}`, rest.values), ...(settings && !unfinished(store.state.settings) ? { settings: { ...settings } } : {}) });
  }
}

/**
 * Opens the lesson that a link names.
 * @param {Pick<import("./types.js").Context, "store" | "send" | "transport" | "texts">} context
 * @param {string} name
 * @param {Record<string, any>} own the page's part of the link
 * @param {Record<string, any>} settings the rest of it
 */
function begin({ store, send, transport, texts }, name, own, settings) {
  const resumed = "lesson_step" in own && Object.keys(settings).some((each) => !["lesson", "hide"].includes(each));
  transport.fetch_lesson(name).then((lesson) => {
    const at = Math.max(0, Math.min(lesson.steps.length - 1, own.lesson_step ?? 0));
    if (resumed) send({ type: "settings", settings: under(lesson, at, store.state.defaults, settings) });
    store.set({ lesson: { ...lesson, resumed }, lesson_step: at });
  }).catch(() => { // the link's lesson isn't known here; the rest of it is
    const { lesson: _, ...rest } = settings;
    send({ type: "settings", settings: rest });
    store.set({ problem: texts.text("play.status.link", { names: "lesson" }) });
  });
}

/**
 * Leaves out of a link images that this page does not have, and says so.
 * @param {Store} store
 * @param {Texts} texts
 * @param {Record<string, any>} settings changes
 */
function withoutImages(store, texts, settings) {
  if (!lacksImages(store.state.catalogue, settings)) return;
  delete settings.dataset; // else the whole link would be refused
  queueMicrotask(() => store.set({ problem: texts.text("play.status.no_images") }));
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

/** @param {{name: string, media_type: string, bytes: Uint8Array<ArrayBuffer>}} file */
function keep({ name, media_type, bytes }) {
  save(new Blob([bytes], { type: media_type }), name);
}

/**
 * @param {import("./types.js").State} state
 * @param {Texts} texts
 */
function spoken(state, texts) {
  return texts.text(state.running ? "play.status.running" : "play.status.paused", { epoch: Math.floor(state.epoch) });
}
