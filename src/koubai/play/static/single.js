// The page in one file: everything it needs is in it, and it asks nobody for anything.
import { mount } from "./app.js";
import { Carried } from "./session/carried.js";
import { SessionTransport } from "./session/transport.js";

const carried = JSON.parse(document.getElementById("koubai-carried")?.textContent ?? "{}");
mount(/** @type {HTMLElement} */ (document.getElementById("koubai-play")), new SessionTransport(new Carried(carried)), { page: true });
