"""What a page must be for people on phones, at projectors, and with a sheet of A4: nothing cut off, all legible."""

import json

VIEWS = {
    "phone": ((390, 844), "screen"),
    "projector": ((1280, 720), "screen"),
    "large projector": ((1920, 1080), "screen"),
    "A4": ((680, 960), "print"),  # what is between the margins, in CSS pixels
}
LEAST = {"words": 10, "formulas": 6.6, "pictures": 7}
"""Of letters, in CSS pixels: the raised ones of formulas are TeX's 5 points, and pictures name nodes in circles."""

_LOOK = """async () => {
  const least = LEAST, found = new Set(), wide = innerWidth, page = document.documentElement;
  await new Promise((done) => setTimeout(done, document.querySelector("#koubai-play, canvas") ? 1000 : 50));
  const words = (e) => (e.textContent ?? "").trim();
  const named = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""} «${words(e).slice(0, 30)}»`;
  const over = (e) => getComputedStyle(e).overflowX;
  const contained = (e) => {
    for (let above = e.parentElement; above; above = above.parentElement) if (over(above) !== "visible") return true;
    return false;
  };
  if (page.scrollWidth > wide + 1) found.add(`the page is ${page.scrollWidth} wide`);
  for (const e of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (style.display === "none" || style.visibility === "hidden" || box.width < 2 || box.height < 2) continue;
    if ((box.right > wide + 1.5 || box.left < -1.5) && !contained(e)) found.add(`outside: ${named(e)}`);
    const cut = (over(e) === "hidden" || over(e) === "clip") && e.scrollWidth > e.clientWidth + 2;
    if (cut && words(e)) found.add(`cut off: ${named(e)}`);
    if (e.tagName === "text") {
      const picture = e.ownerSVGElement.getBoundingClientRect();
      if (box.left < picture.left - 2 || box.right > picture.right + 2 || box.top < picture.top - 2 ||
          box.bottom > picture.bottom + 2) found.add(`outside its picture: ${named(e)}`);
    }
    if ([...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) {
      const drawn = e.ownerSVGElement, scale = drawn ? Math.sqrt(Math.abs(e.getScreenCTM().a * e.getScreenCTM().d)) : 1;
      const kind = drawn ? "pictures" : e.closest("math") ? "formulas" : "words";
      const size = parseFloat(style.fontSize) * scale;
      if (size < least[kind] - 0.05) found.add(`${size.toFixed(1)} pixels: ${named(e)}`);
    }
  }
  return { found: [...found] };
}"""


def look() -> str:
    """Return a function for a page, which tells what is outside, cut off, or too small; see `watch`."""
    return _LOOK.replace("LEAST", json.dumps(LEAST))
