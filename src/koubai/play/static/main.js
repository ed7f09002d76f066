// The page: one session in a worker, one mounted playground.
import { mount } from "./app.js";
import { HostHome } from "./session/home.js";
import { SessionTransport } from "./session/transport.js";

const root = /** @type {HTMLElement} */ (document.getElementById("koubai-play"));
const home = new HostHome(new URL(".", document.baseURI), () => new Worker(new URL("./session/worker.js", import.meta.url), { type: "module" }));
mount(root, new SessionTransport(home), { page: true });

// The style of derivations is not needed for the first picture. The playground's own style takes precedence.
const looks = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "static/explanation.css" });
document.querySelector("link[rel=stylesheet]")?.before(looks);
