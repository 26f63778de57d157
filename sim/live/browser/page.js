// The page: what a reader does becomes a question to the worker, and its answer is drawn. Holds no number of its own.
(() => {
const $ = (id) => document.getElementById(id);
const marks = globalThis.marks = { script: performance.now() };
const options = JSON.parse($("options").textContent);
// "#taxonomy:ja" is a lesson in a language. Without them it is the first one, in the page's own.
const addressed = () => {
  const [, named, spoken] = location.hash.match(/^#([a-z0-9-]+):?(en|ja)?$/) ?? [];
  return { name: options.lessons.some(([id]) => id === named) ? named : options.lessons[0]?.[0], lang: spoken ?? options.lang };
};
const address = () => `#${state.name}${state.lang === options.lang ? "" : `:${state.lang}`}`;
// Nobody sees the address of a frame, and a sandboxed one of a file may not change it.
const alone = window.top === window;
const state = {
  ...addressed(), lecture: innerHeight < 760, changes: {}, edit: {}, said: {}, picked: {}, shown: false, quiz: [],
};

// ---- the worker: started once, and anew where a run could not be stopped otherwise -----------------------------------
let parts, started, worker, waiting, number = 0;
const bytes = (id) => {
  const text = $(id).textContent;
  $(id).remove();
  return Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
};
const unpacked = (id, type) => new Response(
  new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("gzip")), { headers: { "Content-Type": type } });

async function unpack() {
  const [module, source, stdlib, packed, memory] = await Promise.all([
    WebAssembly.compileStreaming(unpacked("wasm", "application/wasm")), unpacked("worker", "text/javascript").blob(),
    unpacked("stdlib", "application/zip").arrayBuffer(), unpacked("app", "").arrayBuffer(), unpacked("memory", "").arrayBuffer(),
  ]);
  const size = new DataView(packed).getUint32(0);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, size)));
  const { lock, files } = options;
  return { url: URL.createObjectURL(source), start: { module, stdlib, app: new Uint8Array(packed, 4 + size), memory: new Uint8Array(memory), index, lock, files } };
}

async function start() {
  parts ??= await unpack();
  worker = new Worker(parts.url);
  return new Promise((done, fail) => {
    worker.onerror = (event) => fail(new Error(`worker: ${event.message}`));
    worker.onmessage = ({ data }) => {
      if (data.ready) { Object.assign(marks, data.ready, { ready: performance.now() }); done(); }
      else if (data.share !== undefined) $("bar").value = data.share;
      else if (data.id) waiting?.(data);
      else fail(new Error(data.error));
    };
    worker.postMessage({ start: parts.start });
  });
}

const ask = async (question) => {
  await started;
  const id = ++number;
  const told = new Promise((done) => { waiting = (data) => data.id === id && done(data); });
  worker.postMessage({ id, ask: JSON.stringify(question) });
  const data = await told;
  if (data.error) throw new Error(data.error);
  return JSON.parse(data.text);
};

async function cancel() {
  if (!up) return;
  if (marks.switching) { worker.postMessage({ cancel: true }); return; }
  worker.terminate();   // without JavaScript Promise Integration nothing reaches Python while it runs
  started = start();
  waiting?.({ id: number, text: '{"cancelled": "✗"}' });
}

// ---- small pieces ----------------------------------------------------------------------------------------------------
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

// ---- undo: of the conditions and of a build's edits --------------------------------------------------------------------
const conditions = () => ({ changes: state.changes, edit: state.edit });
let steps = undoHistory(conditions(), options.undone);   // what was accepted: a refused value is no step
let touched = "";   // the field that was set last
const change = async (to, name, more = {}) => {
  touched = name;
  await run({ ...to, ...more });
  if ($("refused")) $("refused").scrollIntoView({ block: "nearest" });
  else seen($("told").textContent ? $("told") : $("figures"));
};
// What changed comes into view, unless half a screen of it is there.
const seen = (element) => {
  const { top, bottom, height } = element.getBoundingClientRect();
  if (Math.min(bottom, innerHeight) - Math.max(top, 0) < Math.min(height, innerHeight / 2)) element.scrollIntoView({ block: "nearest" });
};
const step = (name) => {
  const to = steps[name]();
  $("form").dataset.of = "";   // the fields are drawn anew, as they were
  able();
  return run({ ...to, ...(Object.keys(to.edit).length ? { shown: true } : {}) });
};
const undoing = { undo: button("", () => step("undo")), redo: button("", () => step("redo")) };
const able = () => { undoing.undo.disabled = !steps.canUndo(); undoing.redo.disabled = !steps.canRedo(); };
// Keys as on the dashboard. A text that is being written is undone by the browser.
addEventListener("keydown", (event) => {
  const name = event.shiftKey ? "redo" : "undo";
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "z" || undoing[name].disabled) return;
  if (event.target.matches?.("textarea, input:not([type=radio], [type=checkbox])")) return;
  event.preventDefault();
  step(name);
});

// ---- one question after the other ------------------------------------------------------------------------------------
let running = false, again = false, warming = false, up = false;
// Where the conditions are refused, what stands is of the last that were not. It is still turned as the reader asks.
let accepted = { changes: {}, edit: {} }, drawnAs;
const turned = () => JSON.stringify({ ...state, changes: {}, edit: {} });
async function run(change = {}) {
  Object.assign(state, change);
  if (running) { again = true; if (!warming) cancel(); return; }
  running = true;
  const late = setTimeout(() => { $("bar").value = 0; $("progress").hidden = false; }, 300);
  let found, stood;
  try {
    found = await ask({ ...state, quiz: [] });
    if (found.problems && turned() !== drawnAs) stood = await ask({ ...state, ...accepted, quiz: [] });
  } finally { clearTimeout(late); running = false; $("progress").hidden = true; }
  if (again) { again = false; await run(); return; }
  marks.answered ??= performance.now();
  if (found.parts) { accepted = conditions(); steps.to(accepted); able(); }
  if (stood?.parts) await draw(stood);
  await draw(found);
  document.body.dataset.state = found.problems ? "refused" : found.cancelled ? "cancelled" : "drawn";
  document.body.dataset.run = number;
}

async function draw(found) {
  document.documentElement.lang = state.lang;
  if (found.parts) document.body.dataset.asks = found.predict ? "yes" : "no";
  form(found);
  tell(found);
  if (!found.parts) return;
  globalThis.line = found.line;
  document.title = $("title").textContent = found.title;
  $("ask").textContent = state.shown && found.title !== found.asked ? found.asked : state.lecture ? "" : found.summary ?? "";
  $("changed").textContent = found.changed;
  $("made").textContent = found.provenance;
  $("cancel").textContent = found.words.cancel;
  $("about").textContent = found.words["live.about"];
  predict(found);
  const embedded = figures(found.parts);
  drawnAs = turned();
  after(found);
  await embedded;
}
// A ring may need a choice about a figure to be another one (`picked`), which is then what the page has.
let standing = [], drawings = 0;
async function figures(parts) {
  const mine = ++drawings;
  const charts = [], before = held();
  standing = parts;
  for (const one of playing.splice(0)) one.stop?.();
  Object.assign(state.picked, ...parts.map((part) => part.picked ?? {}));
  $("figures").replaceChildren(...onePart(parts).flatMap((part) => rows(part, charts)));
  const aside = room.low() ? parts.flatMap((part) => (part.choices ?? []).filter((one) => !one.hall)) : [];
  $("choices").replaceChildren(...aside.map(offered));
  before()?.focus({ preventScroll: true });
  const embedded = await Promise.all(charts.map(([place, spec]) => vegaEmbed(place, spec, { ast: true, actions: false, renderer: "svg", loader })));
  if (mine !== drawings) { for (const one of embedded) one.finalize(); return; }   // others are drawn already
  await room.fit(embedded.map((one) => one.view));
}
room.turned(() => figures(standing).catch(fail));
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
const loader = { load: async (url) => { throw new Error(`not loaded: ${url}`); } };

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
// The graph of a build is as high as it has steps. Beside what it costs it may scroll. Below it are the times of builds,
// where there are bars of sizes, too.
function columns(found) {
  const graph = found.find((one) => one.dataset.drawing?.endsWith(".graph")), others = found.filter((one) => one !== graph);
  const times = others.flatMap((one) => [...one.querySelectorAll(':scope > [data-column="bars-time"]')]);
  return graph && others.length ? [made("div", { className: "columns" }, made("div", {}, ...others), made("div", {}, graph, ...times))] : found;
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
    place.append(button(label, () => { $("form").dataset.of = ""; change({ changes: { ...state.changes, [control]: value }, edit: {} }, control); }));
  }
  return place;
}

const playing = [];
function played(figure, drawing) {
  const root = figure.attachShadow({ mode: "open" });
  root.innerHTML = `<style>${options.player.style}</style>${options.player.content}`;
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

// ---- the prediction --------------------------------------------------------------------------------------------------
function predict(found) {
  const { predict: asked, words } = found;
  if (!asked) { $("predict").replaceChildren(); return; }
  const reveal = async (more) => { await run({ shown: true, ...more }); $("title").focus(); };
  const go = button(words.run, () => reveal(), { className: "first", disabled: asked.kind !== "steps" });
  const set = (said) => { state.said = said; go.disabled = false; };
  const skip = button(words.skip, () => reveal({ said: {} }), { className: "plain" });
  $("predict").replaceChildren(html(`<b>${words.predict}</b> · ${asked.ask}`, "span"), ...answers(asked, set, go), go, skip);
}

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

// ---- below the figure ------------------------------------------------------------------------------------------------
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
    while (running) await new Promise((done) => setTimeout(done, 50));
    if (choice !== last || !told.isConnected) return;
    running = true;
    try {
      const found = await ask({ ...state, quiz: [at, choice] });
      if (found.why) { told.innerHTML = found.why; await figures(found.parts); }
      else told.textContent = (found.problems ?? [found.cancelled]).join(" ");
    } finally { running = false; }
    if (again) { again = false; await run(); }
  };
  const radios = choices.map((text, choice) => {
    const label = html(text, "span");
    return made("label", {}, made("input", { type: "radio", name: `quiz-${at}`, onchange: () => judge(choice) }), " ", label);
  });
  return made("fieldset", {}, html(asked, "legend"), ...radios, told);
}

// ---- the conditions --------------------------------------------------------------------------------------------------
function form(found) {
  if (!found.controls || $("form").dataset.of === `${state.name} ${state.lang}`) return;
  $("form").dataset.of = `${state.name} ${state.lang}`;
  const { words } = found;
  const fields = found.controls.map((control) => {
    const set = (value) => change({ changes: { ...state.changes, [control.path]: value }, edit: {} }, control.path);
    const value = state.changes[control.path] ?? control.value;
    if (Object.keys(control.options).length) return field(control.title, select(control.options, value, set, control.path));
    const input = made("input", { value, name: control.path, placeholder: control.example });
    if (control.kind === "number") Object.assign(input, { type: "number", min: control.minimum, max: control.maximum, step: control.whole ? 1 : "any" });
    input.onchange = () => set(input.value);
    return field(control.title, input);
  });
  if (found.lab) fields.push(...lab(found.lab, words));
  const reset = button(words["conditions.reset"], () => { $("form").dataset.of = ""; change({ changes: {}, edit: {} }, ""); }, { className: "plain" });
  for (const name of ["undo", "redo"]) undoing[name].textContent = words[`undoing.${name}`];
  able();
  $("undoing").replaceChildren(undoing.undo, undoing.redo, reset);
  $("form").replaceChildren(...fields);
  $("change").hidden = !fields.length;
  $("change").textContent = words.conditions;
  document.body.toggleAttribute("data-lab", Boolean(found.lab));
  fold();
}

// The conditions stand beside the figure while they are wanted.
let wanted = false;
function fold() {
  const open = wanted && !$("change").hidden;
  $("conditions").hidden = !open;
  $("change").ariaExpanded = String(open);
  document.body.toggleAttribute("data-open", open);
}
$("change").onclick = () => { wanted = !wanted; fold(); tell(last); figures(standing); };

// A refusal stands at the field that was set last, where that is seen.
let last = {};
function tell(found) {
  last = found;
  $("refused")?.remove();
  for (const one of document.querySelectorAll("#form [aria-invalid]")) for (const name of ["aria-invalid", "aria-describedby"]) one.removeAttribute(name);
  const box = found.problems && !$("conditions").hidden && document.querySelector(`#form [name="${CSS.escape(touched)}"]`);
  $("told").textContent = [...(box ? [] : found.problems ?? []), found.cancelled].filter(Boolean).join("\n");
  if (!box) return;
  box.ariaInvalid = "true";
  box.setAttribute("aria-describedby", "refused");
  box.closest("label").after(made("p", { id: "refused", role: "alert", textContent: [...found.problems, found.words["error.last"]].join("\n") }));
}

function lab(found, words) {
  const edit = { file: found.file, how: Object.keys(found.hows)[0], dockerfile: found.dockerfile, ...state.edit };
  const text = made("textarea", { value: edit.dockerfile, rows: Math.min(14, edit.dockerfile.split("\n").length), spellcheck: false, name: "dockerfile" });
  const set = (key) => (value) => { edit[key] = value; change({ edit: { ...edit }, changes: {} }, key, { shown: true }); };
  text.oninput = () => { clearTimeout(text.timer); text.timer = setTimeout(() => set("dockerfile")(text.value), 450); };
  return [
    field(words.edit, select(found.files, edit.file, set("file"), "file")),
    field(words["lab.how"], select(found.hows, edit.how, set("how"), "how")),
    field(words["lab.dockerfile"], text),
  ];
}

// ---- another lesson --------------------------------------------------------------------------------------------------
// Until it was run nothing stands under its name, least of all the one before.
function emptied(name) {
  const titles = options.lessons.find(([id]) => id === name)[1];
  globalThis.line = "";
  document.title = $("title").textContent = titles[state.lang];
  for (const id of ["ask", "predict", "changed", "made", "choices", "after", "form", "undoing"]) $(id).replaceChildren();
  figures([]);
  $("form").dataset.of = "";
  $("change").hidden = true;
  fold();
  tell({});
  document.body.dataset.state = "loading";
  $("told").textContent = options.words[up ? "loading" : "starting"][state.lang];
}

// ---- start -----------------------------------------------------------------------------------------------------------
// What a lesson asks first stands in the page, as the model answered when the page was built: it is drawn at once, and a
// reader thinks about it while Python starts. Python then answers it anew, so that the run is there when it is wanted.
async function first() {
  const all = await unpacked("first", "").json();
  await ready;
  if (marks.answered || state.shown || running) return;
  const found = all[`${state.name}:${state.lang}:${state.lecture}`];
  await draw(found);
  $("told").textContent = options.words.starting[state.lang];
  marks.drawn = performance.now();
  document.body.dataset.state = "asked";
}
const ready = new Promise((done) => addEventListener("load", done));   // the charts' scripts stand behind this one

async function warm() {
  await started;
  up = true;
  $("told").textContent = "";
  if (running || document.body.dataset.run) return;
  running = warming = true;
  const found = await ask({ ...state, quiz: [] });
  running = warming = false;
  marks.answered = performance.now();
  if (again) { again = false; await run(); return; }
  globalThis.line = found.line;
  if (document.body.dataset.state !== "asked") await draw(found);
  document.body.dataset.state = "drawn";
  document.body.dataset.run = number;
}

async function main() {
  started = start();
  if (!options.lessons.length) { await started; document.body.dataset.state = "drawn"; return; }
  const fresh = { changes: {}, edit: {}, said: {}, picked: {}, shown: false };
  const named = () => Object.fromEntries(options.lessons.map(([id, titles]) => [id, titles[state.lang]]));
  const open = (name) => {
    accepted = { changes: {}, edit: {} };
    steps = undoHistory(accepted, options.undone);
    able();
    emptied(name);
    return run({ ...fresh, name });
  };
  const choose = () => options.lessons.length > 1 &&
    $("lessons").replaceChildren(
      field(options.words.lesson[state.lang], select(named(), state.name, (name) => { open(name); if (alone) location.hash = address(); }, "lesson")));
  const turn = () => { choose(); $("lang").textContent = state.lang === "en" ? "日本語" : "English"; };
  $("lang").onclick = () => { state.lang = state.lang === "en" ? "ja" : "en"; turn(); if (alone) location.replace(address()); run(); };
  addEventListener("hashchange", () => {   // back, or another address: what the page itself set is there already
    const { name, lang } = addressed();
    if (name === state.name && lang === state.lang) return;
    const other = name !== state.name;
    state.lang = lang;
    if (other) open(name); else run();
    turn();
  });
  $("cancel").onclick = cancel;
  turn();
  await Promise.all([first(), warm()]);
}
const fail = (error) => {
  $("told").textContent = [up ? "" : options.words.failed[state.lang], error.message].filter(Boolean).join(": ");
  document.body.dataset.state = "failed";
  console.error(error);
};
addEventListener("unhandledrejection", (event) => fail(event.reason));
main().catch(fail);
})();
