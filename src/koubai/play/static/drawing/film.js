// A film of the run: every past state in turn, the network beside its output or with all its maps, recorded by the browser.
import { el, short } from "../page/dom.js";
import { HEIGHT, WIDTH, paintPieces, pieces } from "../images/picture.js";
import { isReady, seesImages } from "../images/shapes.js";

const MOST = 150, PAUSE = 60, END = 1200;

/** Video formats, the most widely supported first. */
const KINDS = [["video/mp4;codecs=avc1.42E01F", "mp4"], ["video/webm;codecs=vp9", "webm"], ["video/webm", "webm"]];

const wait = (/** @type {number} */ time) => new Promise((done) => setTimeout(done, time));

/**
 * @param {import("../types.js").Context} context
 * @param {{network: any, output: any}} panels
 * @param {(done: number, count: number) => boolean} told receives the progress; returning false ends the film there
 * @returns {Promise<{blob: Blob, name: string} | null>} null if there is no history to show
 */
export async function film({ store, send, texts }, { network, output }, told) {
  const { length = 0, position: now = 0 } = store.state.timeline ?? {};
  if (length < 2) return null;
  if (store.state.running) send({ type: "pause" });
  const canvas = el("canvas", { width: WIDTH, height: HEIGHT });
  const pen = canvas.getContext("2d");
  const [type, ending] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? KINDS[2];
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: type, videoBitsPerSecond: 6e6 });
  const parts = /** @type {Blob[]} */ ([]);
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done) => (recorder.onstop = done));
  const count = Math.min(MOST, length);
  for (let index = 0; index < count; index++) {
    await arrived(store, send, Math.round((index * (length - 1)) / (count - 1)));
    if (seesImages(store.state)) drawImages(pen, store.state, network.element, texts);
    else draw(pen, store.state, network, output, texts);
    if (!index) recorder.start();
    await wait(PAUSE);
    if (!told(index + 1, count)) break;
  }
  await wait(END);
  recorder.stop();
  await ended;
  send({ type: "seek", position: now });
  return { blob: new Blob(parts, { type: type.split(";")[0] }), name: `koubai.${ending}` };
}

/**
 * Goes to a past state and waits until it is drawn.
 * @param {import("../page/store.js").Store} store
 * @param {(message: object) => void} send
 * @param {number} position
 */
async function arrived(store, send, position) {
  send({ type: "seek", position });
  for (let tries = 0; tries < 200 && store.state.frame?.header.position !== position; tries++) await wait(10);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {import("../types.js").State} state
 * @param {any} network panel
 * @param {any} output panel
 * @param {import("../page/texts.js").Texts} texts
 */
function draw(pen, state, network, output, texts) {
  const style = getComputedStyle(network.element), side = 440, top = 120;
  pen.fillStyle = style.getPropertyValue("--card");
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = style.getPropertyValue("--ink");
  pen.font = "600 30px system-ui, 'Noto Sans CJK JP', sans-serif";
  pen.fillText(`${texts.text("play.header.epoch")} ${Math.floor(state.epoch).toLocaleString("en")}`, 40, 66);
  pen.font = "24px system-ui, 'Noto Sans CJK JP', sans-serif";
  pen.fillText(`${texts.text("play.output.train")} ${short(state.frame?.header.train_loss, 3)}`, WIDTH - side - 40, 50);
  pen.fillText(`${texts.text("play.output.test")} ${short(state.frame?.header.test_loss, 3)}`, WIDTH - side - 40, 86);
  const plan = network.plan(), room = WIDTH - side - 120;
  const scale = Math.min(room / plan.width, (HEIGHT - top - 60) / plan.height);
  const down = top + Math.max(0, (side - plan.height * scale) / 2);
  network.canvas.copy(pen, 40, down, scale);
  pen.imageSmoothingEnabled = !state.settings.discretize;
  for (const layer of [output.map, output.points]) pen.drawImage(layer, WIDTH - side - 40, top, side, side);
  pen.imageSmoothingEnabled = true;
}

/**
 * A network on images, with its maps.
 * @param {CanvasRenderingContext2D} pen
 * @param {import("../types.js").State} state
 * @param {HTMLElement} element whose colours are taken
 * @param {import("../page/texts.js").Texts} texts
 */
function drawImages(pen, state, element, texts) {
  if (!isReady(state)) return;
  const style = getComputedStyle(element), [ink, soft, line, accent] = ["ink", "soft", "line", "accent"].map((name) => style.getPropertyValue(`--${name}`));
  paintPieces(pen, pieces(state, texts, { ink, soft, line, accent }), style.getPropertyValue("--card"));
}
