// What stands below the figures: the verdict, the explanation, the quiz, tables and sources.
(() => {
const { $, made, html, button, folded } = elements;

// Args: what the reader chose, what runs the lesson anew, what asks between two runs, and the figures.
globalThis.belowOf = ({ state, run, between, figures }) => {
  function after(found) {
    const { words } = found, below = [];
    if (found.verdict) below.push(made("p", {}, made("b", { textContent: found.verdict })));
    if (found.corrected) below.push(html(found.corrected));
    for (const part of found.parts) if (part.note) below.push(html(part.note));
    if (found.explain) below.push(html(found.explain));
    if (found.quiz?.length) below.push(made("h2", { textContent: words.quiz }), ...found.quiz.map(question));
    if (found.besides) below.push(html(found.besides));
    for (const part of found.parts) {
      if (part.table) below.push(folded(words.table, html(part.table)));
      if (part.sources) below.push(folded(words.sources, html(part.sources)));
    }
    if (found.cited?.length) below.push(folded(words["lesson.sources"], made("ul", {}, ...found.cited.map(([text, url]) =>
      made("li", {}, `${text} `, made("a", { href: url, rel: "noopener noreferrer", textContent: url }))))));
    if (state.shown && found.verdict) below.push(button(words.again, () => run({ shown: false, said: {} }), { className: "plain" }));
    $("after").replaceChildren(...below);
  }

  function question({ ask: asked, choices }, at) {
    const told = made("div", { role: "status" });
    let last;
    const judge = async (choice) => {
      last = choice;
      await between({ quiz: [at, choice] }, () => choice === last && told.isConnected, async (found) => {
        if (found.why) { told.innerHTML = found.why; await figures.draw(found.parts); }
        else told.textContent = (found.problems ?? [found.cancelled]).join(" ");
      });
    };
    const radios = choices.map((text, choice) => {
      const label = html(text, "span");
      return made("label", {}, made("input", { type: "radio", name: `quiz-${at}`, onchange: () => judge(choice) }), " ", label);
    });
    return made("fieldset", {}, html(asked, "legend"), ...radios, told);
  }

  return { draw: after };
};
})();
