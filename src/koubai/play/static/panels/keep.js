// Keeping results: the model, code that reproduces it, pictures for a slide, and an animation of the run.
import { button, card, el, save, say } from "../page/dom.js";
import { imagesOf } from "../data/images.js";
import { film } from "../drawing/film.js";
import { picture } from "../drawing/picture.js";
import { ON_PAPER, pieces, written } from "../images/picture.js";
import { seesImages } from "../images/shapes.js";

/** The id of rows given by a notebook cell. */
const GIVEN = "given";

/** @type {import("../types.js").PanelKind} */
export const panel = { place: "second", order: 130, make: (context, made) => keepPanel(context, { network: made.network, output: made.output }) };

/**
 * @param {import("../types.js").Context} context
 * @param {{network: any, output: any}} panels
 * @returns {import("../types.js").Panel}
 */
export function keepPanel(context, panels) {
  const { store, send, texts } = context;
  const words = el("p", { class: "words", "aria-live": "polite" });
  const svg = () => (seesImages(store.state) ? written(pieces(store.state, texts, ON_PAPER)) : picture(store.state, panels.network, panels.output));
  const png = () => {
    const image = new Image();
    const source = URL.createObjectURL(new Blob([svg()], { type: "image/svg+xml" }));
    image.onload = () => {
      const canvas = el("canvas", { width: image.width * 2, height: image.height * 2 });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(source);
      canvas.toBlob((/** @type {Blob} */ blob) => save(blob, "koubai.png"), "image/png");
    };
    image.src = source;
  };
  let recording = false;
  const record = button("play.keep.film", async () => {
    if (recording) {
      recording = false;
      return;
    }
    recording = true;
    record.textContent = texts.text("play.keep.film_stop");
    const made = await film(context, panels, (done, count) => {
      words.textContent = texts.text("play.keep.filming", { done, count });
      return recording;
    });
    recording = false;
    record.textContent = texts.text("play.keep.film");
    words.textContent = made ? "" : texts.text("play.keep.no_past");
    if (made) save(made.blob, made.name);
  });
  const how = el("p");
  const program = button("play.keep.python", () => send({ type: "download", kind: "python" }));
  const element = card("keep", how, el("div", { class: "row" },
    button("play.keep.model", () => send({ type: "download", kind: "model" })),
    program,
    el("span", { class: "row" }, button("play.keep.svg", () => save(new Blob([svg()], { type: "image/svg+xml" }), "koubai.svg")),
      button("play.keep.png", png), record)), words);
  return {
    element,
    update(state, changed) {
      if (!(changed.has("settings") || changed.has("lang")) || !state.settings) return;
      const images = imagesOf(state.catalogue, state.settings);
      program.hidden = Boolean(images?.given) || (state.settings.dataset === "table" && state.settings.table === GIVEN); // a program could not refer to them
      say(how, texts.text(program.hidden ? "play.keep.how_given" : images?.n ? "play.keep.how_given_images" : images ? "play.keep.how_images" : "play.keep.how", { most: images?.most }));
    },
  };
}
