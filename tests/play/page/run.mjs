// Plays stories with the page's own session, without a page: reads them from a file, writes what came of each.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

// Node lets the messages of a channel go before its timers without end; browsers take turns, as here.
globalThis.MessageChannel = class {
  port1 = { onmessage: () => {} };
  port2 = { postMessage: () => setImmediate(() => this.port1.onmessage()) };
};

const [statics, module, description, given, answer] = process.argv.slice(2);
const at = (path) => import(pathToFileURL(`${statics}/${path}`).href);
const [{ loadEngine }, { Session }, { program }, { modelFile }, { decoded }, { Problem }, { explained }, { cellOf }, { backOf, edited, ofKernel }] = await Promise.all([
  at("engine/engine.js"), at("session/session.js"), at("keeping/program.js"), at("keeping/model-file.js"), at("data/rows.js"), at("experiment/problem.js"), at("derivations/explained.js"),
  at("images/numbers/forward.js"), at("images/numbers/back.js"),
]);
const { catalogue, derivations, stories } = JSON.parse(readFileSync(given, "utf8"));
const engine = await loadEngine(readFileSync(module), JSON.parse(readFileSync(description, "utf8")));
const plain = (_, value) => {
  if (ArrayBuffer.isView(value)) return Array.from(value);
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
};

async function play({ first = {}, rows = null, document = null, images = null, messages = [], settles = false, keeps = null, explains = [], cells = [], kernels = [] }) {
  const told = [];
  let session = null;
  const send = (message) => {
    told.push(message);
    if (message.type === "frame") queueMicrotask(() => session.receive({ type: "ack", id: message.header.id }));
  };
  const known = images ? { ...catalogue, images: { ...catalogue.images, images } } : catalogue;
  session = new Session({ engine, catalogue: known }, send, {
    rows: async () => {
      if (!rows) throw new Problem("no_table");
      return decoded(rows);
    },
    explain: async (branch, asked) => ({ title: asked.what, html: JSON.stringify(branch.document().last?.chosen ?? []) }),
    download: async () => ({}), starts: null,
  });
  await session.open(first, document);
  const marks = [];
  for (const message of messages) {
    marks.push(told.length);
    if (message.wait) await new Promise((done) => setTimeout(done, message.wait));
    else if (message.awaits) while (!told.some((each) => each.type === message.awaits && each.losses)) await new Promise((done) => setTimeout(done, 2));
    else if (message.at_once) message.at_once.forEach((each) => session.receive(each));
    else await session.receive(message);
    while (message.type === "run" && settles && session.running) await new Promise((done) => setTimeout(done, 2));
    while (message.type === "starts" && !told.at(-1).mean && told.at(-1).type !== "problem") await new Promise((done) => setTimeout(done, 2));
  }
  await session.turn;
  const state = { ...told.findLast(({ type }) => type === "state"), frame: told.findLast(({ type }) => type === "frame") }; // as the page has it
  const derived = { cells: cells.map((cell) => ({ forth: cellOf(state, cell), back: backOf(state, cell) })), kernels: kernels.map((kernel) => ({ ...ofKernel(state, kernel), edit: edited(state, kernel) })) };
  const { branch } = session, kept = {}, frames = told.filter(({ type }) => type === "frame");
  for (const { blocks } of frames.slice(0, -1)) for (const name of ["output", "nodes"]) if (blocks[name]) blocks[name] = { shape: blocks[name].shape }; // long
  session.close();
  for (const what of keeps ?? []) {
    if (what === "program") kept.program = program(branch);
    else kept.model = Buffer.from(modelFile(branch)).toString("base64");
  }
  kept.explained = explains.map((asked) => explained(branch, asked, derivations).html);
  return { told, marks, whole: branch.whole(), inputs: branch.experiment.data.inputs, targets: branch.experiment.data.targets, test: branch.experiment.data.test, ...kept, derived };
}

const found = [];
for (const story of stories) found.push(await play(story));
writeFileSync(answer, JSON.stringify(found, plain));
process.exit(0);
