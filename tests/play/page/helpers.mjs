// Asks for many starts twice, the second time before the first are done, of helpers that answer late; prints what came.
import { pathToFileURL } from "node:url";

globalThis.navigator ??= { hardwareConcurrency: 2 }; // which older Node.js has not
const { SessionTransport } = await import(pathToFileURL(`${process.argv[2]}/session/transport.js`).href);

/** Answers each order after a while, in order; a start is known by the settings that it was trained under. */
class Helper {
  settings = "";
  queue = Promise.resolve();
  postMessage({ answer, help }) {
    if (answer?.answer) said(answer);
    if (!help) return;
    this.queue = this.queue.then(async () => {
      if (help.settings) this.settings = help.settings;
      else {
        await new Promise((done) => setTimeout(done, 2));
        this.onmessage({ data: { job: help.job, start: `${this.settings} ${help.seed}` } });
      }
    });
  }
}

const home = { kept: null, catalogue: async () => ({}), engine: async () => ({ module: null, description: null }), worker: () => new Helper() };
const transport = new SessionTransport(home);
await transport.begun;
let said = () => {};
const asked = (id, settings) => transport.worker.onmessage({ data: { ask: "starts", id, part: { settings, data: null, count: 9, epochs: 1 } } });
const second = new Promise((done) => (said = ({ id, answer }) => id === 2 && done(answer)));
asked(1, "old");
setTimeout(() => asked(2, "new"), 3);
console.log(JSON.stringify((await second).sort()));
