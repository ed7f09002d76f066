// The page on a static host: all modules in one script, and another one for its workers. Once it is shown, it gets all that it may
// need later, and asks for nothing more.
import { mount } from "./app.js";
import { HostHome } from "./session/home.js";
import { SessionTransport } from "./session/transport.js";

let script = "static/worker.js";
const home = new HostHome(new URL(".", document.baseURI), () => new Worker(script)), transport = new SessionTransport(home);
mount(/** @type {HTMLElement} */ (document.getElementById("koubai-play")), transport, { page: true });

let isShown = false;
transport.onmessage(async ({ type }) => {
  if (type !== "frame" || isShown) return;
  isShown = true;
  await home.ahead();
  const answer = await fetch(script).catch(() => null);
  if (answer?.ok) script = URL.createObjectURL(await answer.blob());
});
