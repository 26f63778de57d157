// What a reader says before the lesson is run: a choice, a guess, an order, or steps of a build.
(() => {
const { $, made, html, button, field } = elements;

function answers(asked, set, go) {
  if (asked.kind === "choice") return asked.options.map(([key, text]) =>
    made("label", {}, made("input", { type: "radio", name: "said", value: key, onchange: () => set({ choice: Number(key) }) }), text));
  if (asked.kind === "guess") {
    const input = made("input", { type: "number", min: 0, step: "any", name: "said" });
    input.oninput = () => { if (input.value) set({ guess: input.valueAsNumber * asked.worth }); else go.disabled = true; };
    return [field(asked.unit, input)];
  }
  if (asked.kind === "steps") return [];
  const order = [];
  const buttons = asked.options.map(([key, text]) => button(text, () => {
    if (order.includes(key)) order.splice(order.indexOf(key), 1); else order.push(key);
    for (const [at, [one, called]] of asked.options.entries()) {
      buttons[at].textContent = order.includes(one) ? `${order.indexOf(one) + 1} · ${called}` : called;
      buttons[at].ariaPressed = String(order.includes(one));
    }
    if (order.length === asked.options.length) set({ order: [...order] }); else go.disabled = true;
  }, { ariaPressed: "false" }));
  return buttons;
}

// Args: what the reader chose, and what runs the lesson anew.
globalThis.predictionOf = ({ state, run }) => {
  function predict(found) {
    const { predict: asked, words } = found;
    if (!asked) { $("predict").replaceChildren(); return; }
    const reveal = async (more) => { await run({ shown: true, ...more }); $("title").focus(); };
    const go = button(words.run, () => reveal(), { className: "first", disabled: asked.kind !== "steps" });
    const set = (said) => { state.said = said; go.disabled = false; };
    const skip = button(words.skip, () => reveal({ said: {} }), { className: "plain" });
    $("predict").replaceChildren(html(`<b>${words.predict}</b> · ${asked.ask}`, "span"), ...answers(asked, set, go), go, skip);
  }

  return { draw: predict };
};
})();
