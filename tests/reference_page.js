// What a reader meets, told to the page around this one, which --dump-dom prints.
addEventListener("load", () => {
  const colours = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = colours(getComputedStyle(one).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const contrast = () => {
    let least = 21;
    for (const one of document.querySelectorAll("main *, header *, nav *")) {
      const has = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!has || one.closest("svg, script, style")) continue;
      const [a, b] = [light(colours(getComputedStyle(one).color)), light(behind(one))];
      least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    return least;
  };
  const shown = () => [...document.querySelectorAll(".entry")].filter((one) => !one.hidden);
  const filter = document.getElementById("filter");
  const type = (text) => {
    filter.value = text;
    filter.dispatchEvent(new Event("input"));
    return shown().map((one) => one.id);
  };
  const press = (key) =>
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

  const result = { width: innerWidth };
  const whole = document.documentElement;
  result.overflow = whole.scrollWidth - whole.clientWidth;
  const theme = document.getElementById("theme");
  result.contrast = [contrast()];
  result.backgrounds = [getComputedStyle(document.body).backgroundColor];
  theme.click();
  result.contrast.push(contrast());
  result.backgrounds.push(getComputedStyle(document.body).backgroundColor);
  result.all = shown().length;
  press("/");
  result.focused = document.activeElement.id;
  result.outline = parseFloat(getComputedStyle(filter).outlineWidth);
  result.column = type("enneagram_type");
  result.comment = type("IANA name");
  result.nothing = type("no such thing");
  result.said = document.getElementById("found").textContent;
  press("Escape");
  result.cleared = shown().length;
  result.order = [...document.querySelectorAll("a, input, button, summary, [tabindex='0']")]
    .filter((one) => one.tabIndex >= 0 && one.checkVisibility())
    .slice(0, 4)
    .map((one) => one.textContent.trim() || one.id);
  result.landmarks = ["header", "nav", "main", "[role=search]"].map((one) => document.querySelectorAll(one).length);
  result.named = [...document.querySelectorAll("input, button, nav, [role=region], svg[role]")].every(
    (one) => one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length,
  );
  result.requests = performance.getEntriesByType("resource").length;
  parent.postMessage(JSON.stringify(result), "*");
});
