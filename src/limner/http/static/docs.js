// Tabs, copying, colours and the current place in the contents. Without it every example is simply shown.
"use strict";

const LANGUAGE_KEY = "limner.language";

const COLOURS = /(?<comment>^\s*#.*$|(?<!:)\/\/.*$|\s#\s.*$)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<word>\b(?:import|from|with|as|open|for|in|if|else|const|await|new|async|of|true|false|null|True|False|None|curl)\b|^(?:event|data)(?=:))|(?<number>\b\d+(?:\.\d+)?\b)/gm;

function colour(code) {
  const text = code.textContent;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(COLOURS)) {
    const [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = match[0];
    pieces.push(text.slice(end, match.index), span);
    end = match.index + match[0].length;
  }
  code.replaceChildren(...pieces, text.slice(end));
}

function choose(language) {
  for (const tab of document.querySelectorAll("[data-tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.tab === language));
  }
  for (const panel of document.querySelectorAll("[data-panel]")) {
    panel.hidden = panel.dataset.panel !== language;
  }
}

function remembered() {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    return null; // storage is off in some private windows
  }
}

function remember(language) {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // the choice lasts as long as the page
  }
}

async function copy(button) {
  const code = button.closest("figure").querySelector("pre:not([hidden]) code");
  await navigator.clipboard.writeText(code.textContent);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

document.querySelectorAll('code[data-language]:not([data-language="text"])').forEach(colour);

const languages = new Set([...document.querySelectorAll("[data-tab]")].map((tab) => tab.dataset.tab));
choose(languages.has(remembered()) ? remembered() : "python");
document.querySelectorAll(".tabs").forEach((tabs) => { tabs.hidden = false; });

// Browsers give pages the clipboard only over https and on localhost.
if (navigator.clipboard) {
  document.querySelectorAll(".copy").forEach((button) => { button.hidden = false; });
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) {
    const place = tab.getBoundingClientRect().top;
    choose(tab.dataset.tab);
    remember(tab.dataset.tab);
    // Other examples changed height too: keep the one being read where it is.
    window.scrollBy(0, tab.getBoundingClientRect().top - place);
  } else if (event.target.closest(".copy")) {
    copy(event.target.closest(".copy"));
  } else if (event.target.closest(".menu a")) {
    event.target.closest(".menu").open = false;
  }
});

const seen = new Map();
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    seen.set(entry.target.id, entry.isIntersecting);
  }
  const current = [...seen].find(([, visible]) => visible)?.[0];
  for (const link of document.querySelectorAll("nav a")) {
    link.ariaCurrent = link.hash === `#${current}` ? "true" : null;
  }
}, { rootMargin: "-15% 0px -75% 0px" });
document.querySelectorAll("section[id]").forEach((section) => { seen.set(section.id, false); observer.observe(section); });
