// One drawing of a figure: a table, a chart, a graph whose nodes are picked, or a player.
(() => {
const { made, button } = elements;

// Args: what the reader chose, the player's document, what runs the lesson anew, and what sets one of its conditions.
globalThis.drawingOf = ({ state, player, run, set }) => {
  function drawn(drawing, part, charts) {
    const place = made("div", {});
    place.dataset.drawing = `${part.number}.${drawing.id}`;
    if (drawing.title) {
      const heading = made("h3", {}, drawing.title);
      if (drawing.shade) { const swatch = made("i"); swatch.style.opacity = drawing.shade; heading.prepend(swatch); }
      place.append(heading);
    }
    const figure = made("div", { className: drawing.kind === "svg" ? "scroll" : "chart" });
    if (drawing.id === "graph" && part.study === "build") {
      figure.classList.add("graph");
      if (room.short()) Object.assign(figure, { tabIndex: 0, role: "group", ariaLabel: drawing.alt });   // it may scroll
      figure.dataset.focus = drawing.focus;
    }
    place.append(figure);
    if (drawing.kind === "html") figure.innerHTML = drawing.content;
    else if (drawing.kind === "vega") {
      figure.setAttribute("role", "img");
      figure.setAttribute("aria-label", drawing.alt);
      charts.push([figure, drawing.content]);
    } else if (drawing.plays) played(figure, drawing);
    else graph(figure, drawing, part);
    if (drawing.offers) {
      const { label, control, value } = drawing.offers;
      place.append(button(label, () => set(control, value)));
    }
    return place;
  }

  const playing = [];
  function played(figure, drawing) {
    const root = figure.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${player.style}</style>${player.content}`;
    playing.push(root.querySelector(".player"));
    mountPlayer(playing.at(-1), { ...drawing.plays, svg: drawing.content, narrow: drawing.narrow });
  }

  // A graph's style sheet is its own, so it stands in a shadow tree; its nodes are buttons.
  function graph(figure, drawing, part) {
    const root = figure.attachShadow({ mode: "open" });
    const narrow = drawing.narrow && matchMedia("(max-width: 640px)").matches;
    root.innerHTML = "<style>svg{max-width:100%;height:auto;display:block;margin:0 auto} [data-node]{cursor:pointer}" +
      "[data-node]:focus{outline:none} [data-node]:focus-visible .ring{stroke:#15181D;stroke-width:2}</style>" +
      (narrow ? drawing.narrow : drawing.content);
    const pick = (event) => {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      const node = event.target.closest("[data-node]")?.dataset.node;
      if (!node || !drawing.picks) return;
      event.preventDefault();
      if (drawing.picks === "said") {
        const said = state.said.steps ?? [];
        run({ said: { steps: said.includes(node) ? said.filter((one) => one !== node) : [...said, node] } });
      } else run({ picked: { ...state.picked, [`${part.number}.${drawing.picks}`]: node } });
    };
    root.addEventListener("click", pick);
    root.addEventListener("keydown", pick);
  }

  const stop = () => { for (const one of playing.splice(0)) one.stop?.(); };
  return { drawn, stop };
};
})();
