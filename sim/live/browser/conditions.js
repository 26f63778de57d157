// The conditions of a lesson, which a reader changes: the form, the way back and forth, and what is refused.
(() => {
const { $, made, button, field, select, seen } = elements;

// Args: what the reader chose, the most steps that are undone, what runs the lesson anew, and what draws it again.
globalThis.conditionsOf = ({ state, undone, run, redraw }) => {
  // Where the conditions are refused, what stands is of the last that were not.
  let accepted = { changes: {}, edit: {} };
  let steps = undoHistory(accepted, undone);   // of conditions and of a build's edits: a refused value is no step
  let touched = "";   // the field that was set last
  const change = async (to, name, more = {}) => {
    touched = name;
    await run({ ...to, ...more });
    if ($("refused")) $("refused").scrollIntoView({ block: "nearest" });
    else seen($("told").textContent ? $("told") : $("figures"));
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
  $("change").onclick = () => { wanted = !wanted; fold(); tell(last); redraw(); };

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

  const draw = (found) => { form(found); tell(found); };
  const set = (control, value) => { $("form").dataset.of = ""; change({ changes: { ...state.changes, [control]: value }, edit: {} }, control); };
  const accept = () => {
    accepted = { changes: state.changes, edit: state.edit };
    steps.to(accepted);
    able();
  };
  // Of another lesson none was accepted yet, and until it was run it has none.
  const renew = () => {
    accepted = { changes: {}, edit: {} };
    steps = undoHistory(accepted, undone);
    able();
  };
  const empty = () => {
    for (const id of ["form", "undoing"]) $(id).replaceChildren();
    $("form").dataset.of = "";
    $("change").hidden = true;
    fold();
    tell({});
  };
  return { draw, set, accept, renew, empty, get accepted() { return accepted; } };
};
})();
