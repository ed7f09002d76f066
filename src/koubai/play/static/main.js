// The page: one WebSocket, one mounted playground.
import { mount } from "./app.js";
import { SocketTransport } from "./transport.js";

const root = /** @type {HTMLElement} */ (document.getElementById("koubai-play"));
mount(root, new SocketTransport(window.location), { page: true });
