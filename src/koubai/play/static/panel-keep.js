// Keep it: the model, the code that makes it again, pictures for a slide, and an animation of the run.
import { button, card, el } from "./dom.js";
import { picture } from "./picture.js";

/**
 * @param {import("./types.js").Context} context
 * @param {{network: any, output: any}} panels
 * @returns {import("./types.js").Panel}
 */
export function keepPanel({ store, send, texts }, { network, output }) {
  const words = el("p", { class: "words", "aria-live": "polite" });
  const save = (/** @type {Blob} */ blob, /** @type {string} */ name) => {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const svg = () => picture(store.state, network, output);
  const png = () => {
    const image = new Image();
    const source = URL.createObjectURL(new Blob([svg()], { type: "image/svg+xml" }));
    image.onload = () => {
      const canvas = el("canvas", { width: image.width * 2, height: image.height * 2 });
      const pen = canvas.getContext("2d");
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(source);
      canvas.toBlob((/** @type {Blob} */ blob) => save(blob, "koubai.png"), "image/png");
    };
    image.src = source;
  };
  let recorder = /** @type {MediaRecorder | null} */ (null);
  const film = button("play.keep.film", () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    const canvas = el("canvas", { width: 640, height: 640 });
    const pen = canvas.getContext("2d");
    const made = /** @type {Blob[]} */ ([]);
    recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm" });
    const draw = () => {
      if (!recorder) return;
      pen.imageSmoothingEnabled = !store.state.settings.discretize;
      pen.drawImage(output.map, 0, 0, 640, 640);
      pen.drawImage(output.points, 0, 0, 640, 640);
      requestAnimationFrame(draw);
    };
    recorder.ondataavailable = ({ data }) => made.push(data);
    recorder.onstop = () => {
      recorder = null;
      film.textContent = texts.text("play.keep.film");
      save(new Blob(made, { type: "video/webm" }), "koubai.webm");
    };
    recorder.start();
    film.textContent = texts.text("play.keep.film_stop");
    draw();
    if (!store.state.running) send({ type: "run" });
  });
  const element = card("keep", el("p", { text: "play.keep.how" }), el("div", { class: "row" },
    button("play.keep.model", () => send({ type: "download", kind: "model" })),
    button("play.keep.python", () => send({ type: "download", kind: "python" })),
    button("play.keep.svg", () => save(new Blob([svg()], { type: "image/svg+xml" }), "koubai.svg")),
    button("play.keep.png", png), film), words);
  return { element, update() {} };
}
