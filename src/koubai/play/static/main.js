// The page: one WebSocket, one mounted playground.
import { mount } from "./app.js";
import { SocketTransport } from "./transport.js";

const root = /** @type {HTMLElement} */ (document.getElementById("koubai-play"));
mount(root, new SocketTransport(window.location), { page: true });

// The style of derivations is not needed for the first picture. The playground's own style takes precedence.
const looks = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/static/explanation.css" });
document.querySelector("link[rel=stylesheet]")?.before(looks);
