// The page on a static host: all modules in one script, and another one for its workers.
import { mount } from "./app.js";
import { HostHome } from "./session/home.js";
import { SessionTransport } from "./session/transport.js";

const home = new HostHome(new URL(".", document.baseURI), () => new Worker("static/worker.js"));
mount(/** @type {HTMLElement} */ (document.getElementById("koubai-play")), new SessionTransport(home), { page: true });
