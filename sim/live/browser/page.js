// The page: what a reader does becomes a question to the worker, and its answer is drawn. Holds no number of its own.
(() => {
const { $ } = elements;
const marks = globalThis.marks = { script: performance.now() };
const options = JSON.parse($("options").textContent);
const state = {
  ...lessons.addressed(options), lecture: innerHeight < 760, changes: {}, edit: {}, said: {}, picked: {}, shown: false, quiz: [],
};
const python = pythonOf(options.files, options.lock, marks);
const drawing = drawingOf({ state, player: options.player, run, set: (control, value) => conditions.set(control, value) });
const figures = figuresOf({ state, drawing, run, fail });
const conditions = conditionsOf({ state, undone: options.undone, run, redraw: figures.again });
const prediction = predictionOf({ state, run });
const below = belowOf({ state, run, between, figures });

// ---- one question after the other ------------------------------------------------------------------------------------
let running = false, again = false, warming = false, drawnAs;
const turned = () => JSON.stringify({ ...state, changes: {}, edit: {} });
async function run(change = {}) {
  Object.assign(state, change);
  if (running) { again = true; if (!warming) python.cancel(); return; }
  running = true;
  const late = setTimeout(() => { $("bar").value = 0; $("progress").hidden = false; }, 300);
  let found, stood;
  try {
    found = await python.ask({ ...state, quiz: [] });
    // What stands is of the conditions that were accepted last. It is still turned as the reader asks.
    if (found.problems && turned() !== drawnAs) stood = await python.ask({ ...state, ...conditions.accepted, quiz: [] });
  } finally { clearTimeout(late); running = false; $("progress").hidden = true; }
  if (again) { again = false; await run(); return; }
  marks.answered ??= performance.now();
  if (found.parts) conditions.accept();
  if (stood?.parts) await draw(stood);
  await draw(found);
  document.body.dataset.state = found.problems ? "refused" : found.cancelled ? "cancelled" : "drawn";
  document.body.dataset.run = python.asked;
}

// A question between two runs, where it is still wanted once its turn comes. Nothing is run until its answer is told.
async function between(question, wanted, told) {
  while (running) await new Promise((done) => setTimeout(done, 50));
  if (!wanted()) return;
  running = true;
  try { await told(await python.ask({ ...state, ...question })); } finally { running = false; }
  if (again) { again = false; await run(); }
}

async function draw(found) {
  document.documentElement.lang = state.lang;
  if (found.parts) document.body.dataset.asks = found.predict ? "yes" : "no";
  conditions.draw(found);
  if (!found.parts) return;
  globalThis.line = found.line;
  document.title = $("title").textContent = found.title;
  $("ask").textContent = state.shown && found.title !== found.asked ? found.asked : state.lecture ? "" : found.summary ?? "";
  $("changed").textContent = found.changed;
  $("made").textContent = found.provenance;
  $("cancel").textContent = found.words.cancel;
  $("about").textContent = found.words["live.about"];
  prediction.draw(found);
  const embedded = figures.draw(found.parts);
  drawnAs = turned();
  below.draw(found);
  await embedded;
}

// ---- another lesson --------------------------------------------------------------------------------------------------
// Until it was run nothing stands under its name, least of all the one before.
function emptied(name) {
  const titles = options.lessons.find(([id]) => id === name)[1];
  globalThis.line = "";
  document.title = $("title").textContent = titles[state.lang];
  for (const id of ["ask", "predict", "changed", "made", "choices", "after"]) $(id).replaceChildren();
  figures.draw([]);
  conditions.empty();
  document.body.dataset.state = "loading";
  $("told").textContent = options.words[python.up ? "loading" : "starting"][state.lang];
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

async function warm(started) {
  await started;
  $("told").textContent = "";
  if (running || document.body.dataset.run) return;
  running = warming = true;
  const found = await python.ask({ ...state, quiz: [] });
  running = warming = false;
  marks.answered = performance.now();
  if (again) { again = false; await run(); return; }
  globalThis.line = found.line;
  if (document.body.dataset.state !== "asked") await draw(found);
  document.body.dataset.state = "drawn";
  document.body.dataset.run = python.asked;
}

async function main() {
  const started = python.start();
  if (!options.lessons.length) { await started; document.body.dataset.state = "drawn"; return; }
  const fresh = { changes: {}, edit: {}, said: {}, picked: {}, shown: false };
  const open = (name) => {
    conditions.renew();
    emptied(name);
    return run({ ...fresh, name });
  };
  $("cancel").onclick = python.cancel;
  lessons.offered({ state, options, open, run });
  await Promise.all([first(), warm(started)]);
}
function fail(error) {
  $("told").textContent = [python.up ? "" : options.words.failed[state.lang], error.message].filter(Boolean).join(": ");
  document.body.dataset.state = "failed";
  console.error(error);
}
addEventListener("unhandledrejection", (event) => fail(event.reason));
main().catch(fail);
})();
