// Copies a derivation into the page: only known elements and attributes, created afresh; nothing is ever set as HTML.
import { gliding } from "./dom.js";

const HTML = "article section div p span h1 h2 h3 h4 table thead tbody tr th td figure figcaption footer ul ol li em strong code br wbr a b i sub sup".split(" ");
const MATH = ("math mrow mi mn mo mfrac msub msup msubsup munder mover munderover msqrt mroot mtable mtr mtd mspace mtext mstyle mpadded " +
  "mphantom menclose mmultiscripts mprescripts none").split(" ");
const SVG = "svg g line circle rect path text tspan polyline polygon ellipse title desc".split(" ");
const ATTRIBUTES = new Set(("class displaystyle scriptlevel stretchy symmetric mathvariant width height depth viewBox x y x1 y1 x2 y2 dx dy d points " +
  "transform r rx ry cx cy fill stroke stroke-width stroke-dasharray stroke-linecap text-anchor dominant-baseline font-size font-weight font-style opacity " +
  "fence separator form lspace rspace columnalign rowspacing columnspacing linethickness accent accentunder colspan rowspan role aria-label aria-hidden " +
  "lang notation minsize maxsize preserveAspectRatio").split(" "));
const SPACES = {
  "http://www.w3.org/1999/xhtml": new Set(HTML),
  "http://www.w3.org/1998/Math/MathML": new Set(MATH),
  "http://www.w3.org/2000/svg": new Set(SVG),
};

/**
 * @param {string} html from the server
 * @returns {DocumentFragment}
 */
export function copied(html) {
  const source = new DOMParser().parseFromString(plain(html), "text/html");
  const target = document.createDocumentFragment();
  for (const child of source.body.childNodes) copy(child, target);
  return target;
}

/**
 * Without inline styles, which the page's security policy would block and report.
 * @param {string} html
 */
const plain = (html) => html.replace(/<style>[^<]*<\/style>/g, "").replace(/(<[a-z][^>]*?) style="[^"]*"/g, "$1");

/**
 * @param {Node} node
 * @param {Node} into
 */
function copy(node, into) {
  if (node.nodeType === Node.TEXT_NODE) {
    into.appendChild(document.createTextNode(node.nodeValue || ""));
    return;
  }
  if (!(node instanceof Element)) return;
  const known = /** @type {any} */ (SPACES)[node.namespaceURI || ""];
  if (!known || !known.has(node.localName)) return;
  const made = document.createElementNS(node.namespaceURI, node.localName);
  for (const { name, value } of node.attributes) {
    if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
    else if (name === "id") made.setAttribute("data-step", value);
    else if (name === "href" && value.startsWith("#")) link(made, value.slice(1));
  }
  for (const child of node.childNodes) copy(child, made);
  if (made.localName === "a" && made.querySelector("math")) made.setAttribute("aria-label", (made.textContent || "").replace(/\s+/g, " "));
  into.appendChild(made);
}

/**
 * A link to a step of the same derivation scrolls to it; the page's address is unchanged.
 * @param {Element} element
 * @param {string} step
 */
function link(element, step) {
  element.setAttribute("href", "#");
  element.addEventListener("click", (event) => {
    event.preventDefault();
    const around = element.closest("article") || document;
    const found = [...around.querySelectorAll("[data-step]")].find((each) => each.getAttribute("data-step") === step);
    if (found) found.scrollIntoView({ block: "nearest", behavior: gliding() });
  });
}
