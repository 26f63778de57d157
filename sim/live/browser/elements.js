// What the page is made of: elements that are found, made, brought into view, and held by the keyboard.
(() => {
const $ = (id) => document.getElementById(id);
const made = (name, more = {}, ...inside) => {
  const element = Object.assign(document.createElement(name), more);
  element.append(...inside);
  return element;
};
const html = (text, name = "div") => made(name, { innerHTML: text });
const button = (text, onclick, more = {}) => made("button", { type: "button", textContent: text, onclick, ...more });
const field = (title, input) => made("label", {}, title, input);
const select = (choices, value, set, name) => {
  const box = made("select", { name });
  for (const [key, text] of Object.entries(choices)) box.add(new Option(text || "—", key, false, key === value));
  box.onchange = () => set(box.value);
  return box;
};
// What a reader holds by the keyboard is held again once it is drawn anew: a node of a graph, or an option of a figure.
const held = () => {
  const host = document.activeElement, drawing = host?.closest("[data-drawing]")?.dataset.drawing;
  const node = host?.shadowRoot?.activeElement?.dataset.node;
  if (node) return () => [...document.querySelectorAll("[data-drawing]")].find((one) => one.dataset.drawing === drawing)
    ?.querySelector(".scroll")?.shadowRoot.querySelector(`[data-node="${CSS.escape(node)}"]`);
  const option = host?.dataset.option;
  return () => option && document.querySelector(`[data-option="${CSS.escape(option)}"]`);
};
const folded = (title, ...inside) => made("details", {}, made("summary", { textContent: title }), ...inside);
// What changed comes into view, unless half a screen of it is there.
const seen = (element) => {
  const { top, bottom, height } = element.getBoundingClientRect();
  if (Math.min(bottom, innerHeight) - Math.max(top, 0) < Math.min(height, innerHeight / 2)) element.scrollIntoView({ block: "nearest" });
};
globalThis.elements = { $, made, html, button, field, select, held, folded, seen };
})();
