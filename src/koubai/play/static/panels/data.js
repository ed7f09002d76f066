// Choice of data, with a small picture of each set; noise, ratio, batch size; regenerate.
import { button, card, el, options, range, say } from "../page/dom.js";
import { field } from "../page/helping.js";
import { GIVEN, imagesOf } from "../data/images.js";
import { CLASSES, NEGATIVE, POSITIVE, css } from "../drawing/colours.js";
import { word } from "./settings.js";

const MOST_ROWS = 2000;
const LONGEST = 32; // letters of a set's name beside its picture

/** @param {string} name */
const cut = (name) => ([...name].length > LONGEST ? `${[...name].slice(0, LONGEST - 1).join("")}…` : name);

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "data", order: 40, make: dataPanel };

/**
 * @param {import("../types.js").Context} context
 * @returns {import("../types.js").Panel}
 */
export function dataPanel({ store, change, texts }) {
  const sets = el("div", { class: "sets", role: "radiogroup", label: "play.data.sets", "data-control": "dataset" });
  const slider = (/** @type {string} */ name, /** @type {Record<string, any>} */ props, /** @type {(v: number) => string} */ shown) => {
    const value = el("output");
    const { input, show } = range(props, (now) => {
      say(value, shown(now));
      change({ [name]: now });
    });
    return {
      input, element: field(name, input, value),
      update(/** @type {any} */ settings) {
        show(settings[name]);
        say(value, shown(settings[name]));
      },
    };
  };
  const sliders = [
    slider("train_ratio", { min: 0.1, max: 1, step: 0.1 }, (v) => `${Math.round(100 * v)} %`),
    slider("noise", { min: 0, max: 0.5, step: 0.05 }, (v) => v.toFixed(2)),
    slider("batch_size", { min: 1, max: 100, step: 1 }, String),
    slider("n_rows", { min: 20, max: MOST_ROWS, step: 10 }, String),
  ];
  const again = button("play.data.again", () => change({ data_seed: (store.state.settings.data_seed + 1) % 2147483647 }), { "data-control": "data_seed" });
  const about = el("p", { class: "about" });
  const axes = [0, 1].map((which) => {
    const select = el("select", { on: { change: () => choose(which, select.value) } });
    return select;
  });
  const choose = (/** @type {number} */ which, /** @type {string} */ value) => {
    if (value === "pca") return change({ axes: "pca" });
    const old = Array.isArray(store.state.settings.axes) ? [...store.state.settings.axes] : [0, 1];
    old[which] = Number(value);
    return change({ axes: old });
  };
  const axisFields = el("div", { hidden: true }, field("axis_x", axes[0]), field("axis_y", axes[1]));
  const element = card("data", sets, about, axisFields, ...sliders.map((each) => each.element), again);

  return {
    element,
    update(state, changed) {
      const { settings, catalogue } = state;
      if (!settings || !catalogue) return;
      if (["catalogue", "lang", "settings", "table"].some((each) => changed.has(each))) {
        if (["catalogue", "lang", "table"].some((each) => changed.has(each))) fill(sets, store, texts, change);
        for (const each of sets.children) {
          const on = each.dataset.name === settings.dataset;
          each.setAttribute("aria-checked", String(on));
          each.tabIndex = on ? 0 : -1;
        }
        if (!sets.querySelector("[aria-checked=true]") && sets.firstElementChild) sets.firstElementChild.tabIndex = 0;
        const images = imagesOf(catalogue, settings);
        say(about, told(settings.dataset, images, texts));
        sliders[3].input.max = images?.n ? Math.max(20, 10 * Math.ceil(images.n / 10)) : MOST_ROWS;
        sliders.forEach((each) => each.update(settings));
        const made = !images && !REAL.has(settings.dataset) && settings.dataset !== "points";
        sliders[1].element.hidden = !made;
        sliders[3].element.hidden = !made && !images;
        again.dataset.text = made ? "play.data.again" : "play.data.split_again";
        say(again, texts.text(again.dataset.text));
      }
      if (changed.has("feature_names") || changed.has("settings") || changed.has("lang")) {
        const wide = REAL.has(settings.dataset) && state.feature_names.length > 1;
        axisFields.hidden = !wide;
        if (wide) {
          const choices = /** @type {[string, string][]} */ ([["pca", texts.text("play.data.pca")], ...state.feature_names.map((name, index) => [String(index), name])]);
          axes.forEach((select, which) => options(select, choices, settings.axes === "pca" ? "pca" : String(settings.axes?.[which] ?? which)));
        }
      }
    },
  };
}

export const REAL = new Set(["table", "baseball", "penguins", "spam"]);

/**
 * What is said of a data set.
 * @param {string} name
 * @param {import("../data/images.js").ImageSet | null} images
 * @param {import("../page/texts.js").Texts} texts
 */
function told(name, images, texts) {
  const key = `play.about.${name}`;
  if (!images?.n) return texts.has(key) ? texts.text(key) : "";
  const { title, n, of, shape: [high, wide], classes } = images;
  return texts.text(n === of ? "play.about.images_all" : key, { title: title || word(texts, name), n: n.toLocaleString("en"), of: of?.toLocaleString("en"), wide, high, classes: classes.length });
}

/**
 * Takes another data set; a loss that is none for its task goes back to the usual one.
 * @param {import("../page/store.js").Store} store
 * @param {{name: string, task: string}} set
 * @param {(settings: object) => void} change
 */
function choose_set(store, set, change) {
  const { settings, catalogue } = store.state;
  const loss = catalogue.losses.find((/** @type {any} */ each) => each.name === settings.loss);
  const suits = !loss || set.name === "table" || loss.tasks.includes(set.task);
  change({ ...usual(catalogue, settings, set.name), dataset: set.name, axes: REAL.has(set.name) ? "pca" : [0, 1], ...(suits ? {} : { loss: "auto" }) });
}

/**
 * What a set of images is opened with, and what is taken back when it is left.
 * @param {any} catalogue
 * @param {any} settings
 * @param {string} name
 */
function usual(catalogue, settings, name) {
  const after = imagesOf(catalogue, { dataset: name }), before = imagesOf(catalogue, settings);
  if (after) return { ...after.usual, mode: "network" };
  return before ? Object.fromEntries(Object.keys(before.usual).map((each) => [each, catalogue.defaults[each]])) : {};
}

/**
 * @param {HTMLElement} sets
 * @param {import("../page/store.js").Store} store
 * @param {import("../page/texts.js").Texts} texts
 * @param {(settings: object) => void} change
 */
function fill(sets, store, texts, change) {
  const { state } = store;
  const shown = state.catalogue.datasets.filter((/** @type {any} */ set) => (set.name !== "table" || state.table || state.settings.dataset === "table") && (set.name !== GIVEN || state.catalogue.images[GIVEN]));
  sets.replaceChildren(...shown.map((/** @type {any} */ set) => {
    const picture = el("canvas", { width: 40, height: 40, "aria-hidden": "true" });
    const images = imagesOf(state.catalogue, { dataset: set.name });
    if (images?.face) face(picture, images.face, images.shape[2]);
    else draw(picture, set.name);
    return el("button", {
      type: "button", role: "radio", class: "set", "data-name": set.name, tabindex: -1,
      on: { click: () => store.state.settings.dataset === set.name || choose_set(store, set, change), keydown: (/** @type {KeyboardEvent} */ event) => move(event, sets) },
    }, picture, el("span", images?.title ? { class: "own-name", title: images.title } : {}, cut(images?.title || word(texts, set.name))));
  }));
}

/**
 * Arrow keys move through the sets, as in any radio group.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} sets
 */
function move(event, sets) {
  const ahead = ["ArrowRight", "ArrowDown"].includes(event.key), back = ["ArrowLeft", "ArrowUp"].includes(event.key);
  if (!ahead && !back) return;
  event.preventDefault();
  const all = /** @type {HTMLElement[]} */ ([...sets.children]);
  const next = all[(all.indexOf(/** @type {HTMLElement} */ (event.currentTarget)) + (ahead ? 1 : all.length - 1)) % all.length];
  next.focus();
  next.click();
}

/**
 * The first image of a set.
 * @param {HTMLCanvasElement} canvas
 * @param {{height: number, width: number, shades: number[]}} face
 * @param {number} channels
 */
function face(canvas, { height, width, shades }, channels) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), side = canvas.width / Math.max(height, width);
  for (let at = 0; at < height * width; at++) {
    const [red, green, blue] = channels === 1 ? [shades[at], shades[at], shades[at]] : shades.slice(at * channels);
    pen.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    pen.fillRect(side * (at % width), side * Math.floor(at / width), side + 0.5, side + 0.5);
  }
}

/**
 * A sketch of a data set: an icon, not its points.
 * @param {HTMLCanvasElement} canvas
 * @param {string} name
 */
function draw(canvas, name) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const number = name === "plane" || name === "multi_gauss";
  const [first, second] = (number ? [NEGATIVE, POSITIVE] : CLASSES).map(css);
  const dot = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ colour, size = 1.7) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x, y, size, 0, 7);
    pen.fill();
  };
  const golden = 2.39996;
  if (name === "circle") {
    for (let i = 0; i < 22; i++) dot(20 + 1.9 * Math.sqrt(i) * Math.cos(i * golden), 20 + 1.9 * Math.sqrt(i) * Math.sin(i * golden), second);
    for (let i = 0; i < 30; i++) dot(20 + 16 * Math.cos((i * Math.PI) / 15), 20 + 16 * Math.sin((i * Math.PI) / 15), first);
  } else if (name === "xor") {
    for (let i = 0; i < 48; i++) {
      const x = 4 + (i % 7) * 5.4, y = 4 + Math.floor(i / 7) * 5.4;
      if (i % 7 !== 3 && Math.floor(i / 7) !== 3) dot(x, y, x < 20 === y < 20 ? first : second);
    }
  } else if (name === "gauss" || name === "points") {
    for (let i = 0; i < 24; i++) {
      const [dx, dy] = [2 * Math.sqrt(i) * Math.cos(i * golden), 2 * Math.sqrt(i) * Math.sin(i * golden)];
      if (name === "gauss") {
        dot(27 + dx * 0.9, 13 + dy * 0.9, second);
        dot(13 + dx * 0.9, 27 + dy * 0.9, first);
      }
    }
    if (name === "points") {
      dot(11, 14, second, 3);
      dot(20, 9, second, 3);
      dot(12, 30, first, 3);
      dot(23, 27, first, 3);
      pen.strokeStyle = "#888";
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.moveTo(26, 22);
      pen.lineTo(37, 8);
      pen.stroke();
    }
  } else if (name === "spiral") {
    for (let i = 2; i < 28; i++) {
      const angle = i * 0.3, radius = i * 0.62;
      dot(20 + radius * Math.cos(angle), 20 + radius * Math.sin(angle), second);
      dot(20 - radius * Math.cos(angle), 20 - radius * Math.sin(angle), first);
    }
  } else if (name === "plane") {
    for (let i = 0; i < 49; i++) {
      const x = 4 + (i % 7) * 5.3, y = 4 + Math.floor(i / 7) * 5.3, share = (x + 40 - y) / 80;
      pen.globalAlpha = 0.25 + 1.5 * Math.abs(share - 0.5);
      dot(x, y, share < 0.5 ? first : second);
    }
  } else if (name === "multi_gauss") {
    for (const [x, y, which] of [[10, 10, 0], [20, 8, 1], [30, 12, 0], [10, 30, 1], [20, 31, 0], [31, 29, 1]])
      for (let i = 0; i < 9; i++) {
        pen.globalAlpha = 1 - i / 11;
        dot(x + 1.7 * Math.sqrt(i) * Math.cos(i * golden), y + 1.7 * Math.sqrt(i) * Math.sin(i * golden), which ? second : first, 1.4);
      }
  } else if (name === "digits") {
    pen.strokeStyle = "#1c2733";
    [pen.lineWidth, pen.lineCap, pen.lineJoin] = [5, "round", "round"];
    pen.beginPath();
    [[11, 10], [19, 6], [27, 10], [27, 16], [18, 20], [28, 25], [27, 32], [18, 35], [10, 31]].forEach(([x, y]) => pen.lineTo(x, y)); // a 3
    pen.stroke();
  } else {
    // A real table: rows and columns, the last of them coloured.
    for (let row = 0; row < 5; row++)
      for (let column = 0; column < 4; column++) {
        pen.fillStyle = column === 3 ? (row % 2 ? first : second) : "#9aa5b1";
        pen.fillRect(4 + column * 8.4, 5 + row * 6.4, 7, 5);
      }
  }
}
