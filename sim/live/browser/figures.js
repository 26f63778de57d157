// The figures of an answer: which of them stand, in which order, and what a reader may choose about them.
(() => {
const { $, made, button, field, select, held } = elements;
const loader = { load: async (url) => { throw new Error(`not loaded: ${url}`); } };
// The graph of a build is as high as it has steps. Beside what it costs it may scroll. Below it are the times of builds,
// where there are bars of sizes, too.
function columns(found) {
  const graph = found.find((one) => one.dataset.drawing?.endsWith(".graph")), others = found.filter((one) => one !== graph);
  const times = others.flatMap((one) => [...one.querySelectorAll(':scope > [data-column="bars-time"]')]);
  return graph && others.length ? [made("div", { className: "columns" }, made("div", {}, ...others), made("div", {}, graph, ...times))] : found;
}

// Args: what the reader chose, what draws one figure, what runs the lesson anew, and what is told of an error.
globalThis.figuresOf = ({ state, drawing: { drawn, stop }, run, fail }) => {
  // A ring may need a choice about a figure to be another one (`picked`), which is then what the page has.
  let standing = [], drawings = 0;
  async function figures(parts) {
    const mine = ++drawings;
    const charts = [], before = held();
    standing = parts;
    stop();
    Object.assign(state.picked, ...parts.map((part) => part.picked ?? {}));
    $("figures").replaceChildren(...onePart(parts).flatMap((part) => rows(part, charts)));
    const aside = room.low() ? parts.flatMap((part) => (part.choices ?? []).filter((one) => !one.hall)) : [];
    $("choices").replaceChildren(...aside.map(offered));
    before()?.focus({ preventScroll: true });
    const embedded = await Promise.all(charts.map(([place, spec]) => vegaEmbed(place, spec, { ast: true, actions: false, renderer: "svg", loader })));
    if (mine !== drawings) { for (const one of embedded) one.finalize(); return; }   // others are drawn already
    await room.fit(embedded.map((one) => one.view));
  }
  // A short screen has room for one part: for what is ringed now, until the reader chooses another.
  let partNow = 0, partFor;
  function onePart(parts) {
    $("parts").replaceChildren();
    if (!room.short() || parts.length < 2) return parts;
    const rings = parts.map((part) => part.ring ?? []), asked = JSON.stringify([state.name, state.shown, rings]);
    if (asked !== partFor) [partFor, partNow] = [asked, Math.max(0, rings.findIndex((one) => one.length))];
    const choose = async (number) => {
      partNow = number;
      await figures(parts);
      document.querySelector(`[data-part="${number}"]`).focus({ preventScroll: true });
    };
    const buttons = parts.map((part, number) => {
      const one = button(`${number + 1}`, () => choose(number), { ariaPressed: String(number === partNow), ariaLabel: part.about });
      one.dataset.part = number;
      return one;
    });
    $("parts").replaceChildren(...buttons, made("span", { textContent: parts[partNow].about }));
    return [parts[partNow]];
  }

  function rows(part, charts) {
    const found = [];
    for (const drawing of part.drawings) {
      if (drawing.id === "bars-time" && room.low()) continue;   // no room beside the graph; the table has it
      const above = (part.choices ?? []).filter((one) => one.above === drawing.id && (one.hall || !room.low()));
      const choices = above.map(offered);
      if (room.low() && above.length === 1 && above[0].beside) {
        found.push(made("div", { className: "beside" }, ...choices, drawn(drawing, part, charts)));
        continue;
      }
      if (!drawing.row) { found.push(...choices, drawn(drawing, part, charts)); continue; }
      if (found.at(-1)?.dataset.row !== drawing.row) {
        found.push(made("div", { className: "row" }));
        found.at(-1).dataset.row = drawing.row;
      }
      const row = found.at(-1), column = `${drawing.column ?? drawing.id}`;
      let place = [...row.children].find((one) => one.dataset.column === column);
      if (!place) {
        row.append(place = made("div"));
        place.dataset.column = column;
        place.style.flexGrow = drawing.share;
      }
      place.append(...choices, drawn(drawing, part, charts));
    }
    return room.short() && part.study === "build" && !("open" in document.body.dataset) ? columns(found) : found;
  }

  function offered(choice) {
    const set = (value) => run({ picked: { ...state.picked, [choice.name]: value } });
    if (choice.switch) {
      const box = made("input", { type: "checkbox", checked: choice.value === "true", name: choice.name });
      box.onchange = () => set(`${box.checked}`);
      box.dataset.option = choice.name;
      return made("div", { className: "line" }, made("label", {}, box, choice.label));
    }
    const buttons = Object.entries(choice.options).map(([key, text]) => {
      const one = button(text, () => set(key), { ariaPressed: String(key === choice.value) });
      one.dataset.option = `${choice.name}:${key}`;
      return one;
    });
    if (buttons.length > (room.short() ? 3 : 5)) return made("div", { className: "line" }, field(choice.label, select(choice.options, choice.value, set, choice.name)));
    return made("div", { className: "line", role: "group", ariaLabel: choice.label }, ...(choice.labelled ? [choice.label] : []), ...buttons);
  }

  const again = () => figures(standing);   // as after a turn of the screen
  room.turned(() => again().catch(fail));
  return { draw: figures, again };
};
})();
