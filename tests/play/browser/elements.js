// Elements as Playwright's selectors name them: CSS through shadow trees, ":visible" at the end, ">> nth=2".
(selector) => {
  const box = (element) => element.getBoundingClientRect();
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && box(element).width > 0 && box(element).height > 0;
  const within = (root, css) => [
    ...root.querySelectorAll(css),
    ...[...(root.shadowRoot ? [root] : []), ...root.querySelectorAll("*")].filter((each) => each.shadowRoot).flatMap((each) => within(each.shadowRoot, css)),
  ];
  let found = [document];
  for (const part of selector.split(" >> ")) {
    const at = /^nth=(-?\d+)$/.exec(part);
    if (at) found = [found.at(Number(at[1]))].filter(Boolean);
    else {
      found = [...new Set(found.flatMap((each) => within(each, part.replace(/:visible$/, ""))))];
      if (part.endsWith(":visible")) found = found.filter(seen);
    }
  }
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  /** The place to press, or null where the element moves, is disabled, or something else lies over it. */
  const aim = async (element, position) => {
    if (!seen(element) || element.disabled) return null;
    const before = box(element);
    if (before.top < 0 || before.left < 0 || before.bottom > innerHeight || before.right > innerWidth) element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    await frame();
    const once = box(element);
    await frame();
    const { left, top, width, height } = box(element);
    if (!element.isConnected || left !== once.left || top !== once.top) return null;
    const [x, y] = position ? [left + position.x, top + position.y] : [left + width / 2, top + height / 2];
    const hit = element.getRootNode().elementFromPoint(x, y);
    const label = hit?.closest?.("label");
    return hit && (element.contains(hit) || hit.contains(element) || label?.control === element) ? [x, y] : null;
  };
  const choose = (select, wanted) => {
    const option = [...select.options].find(wanted);
    if (!option || select.disabled || !seen(select)) return false;
    select.value = option.value;
    for (const event of ["input", "change"]) select.dispatchEvent(new Event(event, { bubbles: true, composed: true }));
    return true;
  };
  return { found, seen, aim, choose };
}
