"use strict";
(() => {
  const root = document.documentElement;
  const filter = document.getElementById("filter");
  const found = document.getElementById("found");
  const theme = document.getElementById("theme");
  const contents = document.getElementById("contents");
  const summary = document.querySelector(".summary");
  // SQL holds too many words to look for any.
  const wordsOf = (section) => {
    const copy = section.cloneNode(true);
    copy.querySelectorAll("pre").forEach((one) => one.remove());
    return copy.textContent.toLowerCase();
  };
  const entries = [...document.querySelectorAll(".entry")].map((section) => ({
    section,
    link: document.querySelector(`[data-for="${CSS.escape(section.id)}"]`),
    text: wordsOf(section),
  }));

  const narrow = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { section, link, text } of entries) {
      const matches = words.every((word) => text.includes(word));
      section.hidden = link.hidden = !matches;
      shown += matches;
    }
    summary.hidden = words.length > 0;
    found.textContent = words.length ? `${shown} of ${entries.length}` : "";
  };
  const widen = () => {
    filter.value = "";
    narrow();
  };
  filter.addEventListener("input", narrow);
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const first = entries.find(({ section }) => !section.hidden);
    if (first) location.hash = first.section.id;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape" && document.activeElement === filter) {
      widen();
    }
  });
  // A link leads somewhere, even to what the filter hides.
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) {
      widen();
      target.scrollIntoView();
    }
  });

  const stored = (value) => {
    try {
      if (value) localStorage.setItem("theme", value);
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const dark = () =>
    (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const say = () => theme.setAttribute("aria-pressed", dark());
  if (stored()) root.dataset.theme = stored();
  theme.addEventListener("click", () => {
    root.dataset.theme = stored(dark() ? "light" : "dark") ?? (dark() ? "light" : "dark");
    say();
  });
  say();
  if (matchMedia("(max-width: 48rem)").matches) contents.open = false;
})();
