// Which lesson is read, in which language: the page's address, and what chooses another.
(() => {
const { $, field, select } = elements;
// "#taxonomy:ja" is a lesson in a language. Without them it is the first one, in the page's own.
const addressed = ({ lessons, lang }) => {
  const [, named, spoken] = location.hash.match(/^#([a-z0-9-]+):?(en|ja)?$/) ?? [];
  return { name: lessons.some(([id]) => id === named) ? named : lessons[0]?.[0], lang: spoken ?? lang };
};
// Nobody sees the address of a frame, and a sandboxed one of a file may not change it.
const alone = window.top === window;

// Args: what the reader chose, the page's lessons and words, what opens a lesson, and what runs the one that is open.
const offered = ({ state, options, open, run }) => {
  const address = () => `#${state.name}${state.lang === options.lang ? "" : `:${state.lang}`}`;
  const named = () => Object.fromEntries(options.lessons.map(([id, titles]) => [id, titles[state.lang]]));
  const choose = () => options.lessons.length > 1 &&
    $("lessons").replaceChildren(
      field(options.words.lesson[state.lang], select(named(), state.name, (name) => { open(name); if (alone) location.hash = address(); }, "lesson")));
  const turn = () => { choose(); $("lang").textContent = state.lang === "en" ? "日本語" : "English"; };
  $("lang").onclick = () => { state.lang = state.lang === "en" ? "ja" : "en"; turn(); if (alone) location.replace(address()); run(); };
  addEventListener("hashchange", () => {   // back, or another address: what the page itself set is there already
    const { name, lang } = addressed(options);
    if (name === state.name && lang === state.lang) return;
    const other = name !== state.name;
    state.lang = lang;
    if (other) open(name); else run();
    turn();
  });
  turn();
};
globalThis.lessons = { addressed, offered };
})();
