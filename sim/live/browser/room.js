// A short screen, as a projector's of 1280 by 720, and a low one, as a frame on a slide: the finding and its figure end
// above its foot.
(() => {
const low = matchMedia("(max-height: 600px) and (min-width: 641px)");
const short = matchMedia("(max-height: 760px) and (min-width: 641px)");
const LEAST = 130;   // pixels of a graph's frame, in which two steps are seen
const below = () => document.getElementById("figures").getBoundingClientRect().bottom - innerHeight + 1;
const middle = (frame) => {
  const node = frame.dataset.focus && frame.shadowRoot.querySelector(`[data-node="${CSS.escape(frame.dataset.focus)}"]`);
  if (!node) return;
  const [box, around] = [node.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollTop += (box.top + box.height / 2 - around.top - around.height / 2) / frame.currentCSSZoom;
};
// The signal that Vega-Lite makes of a height by lanes, where a chart has one.
const STEP = "y_step", CLOSEST = 0.8;
let fitted = 0;
let charts = [];   // each with its view, and the height of a lane as it was drawn
const stepped = (view) => { try { return view.signal(STEP); } catch { return 0; } };
const lanes = ({ view, step }, height) => view.signal(STEP, Math.max(CLOSEST * step, height)).runAsync();
const closer = async (chart) => {
  const box = chart.view.container().getBoundingClientRect(), over = box.bottom - innerHeight + 4;
  if (over <= 0) return;
  const zoom = chart.view.container().currentCSSZoom ?? 1, count = chart.view.height() / chart.step;
  await lanes(chart, chart.step - over / zoom / count);
};
// Type and lines of tables go closer together first where a screen is low (`data-tight`), then the lanes of charts, by a
// fifth at most. A build's graph scrolls in a frame of its own.
const fit = async (views) => {
  const mine = ++fitted;
  if (views) charts = views.map((view) => ({ view, step: stepped(view) })).filter(({ step }) => step);
  else await Promise.all(charts.map((chart) => lanes(chart, chart.step)));
  if (mine !== fitted) return;   // it is done anew meanwhile
  const frames = document.querySelectorAll("#figures .graph");
  for (const frame of frames) frame.style.maxHeight = "";
  document.body.removeAttribute("data-tight");
  if (!short.matches) return;
  document.body.toggleAttribute("data-tight", low.matches && below() > 0);
  for (const frame of frames) {
    const column = frame.closest(".columns > div") ?? frame;
    const over = column.getBoundingClientRect().bottom - innerHeight + 4;
    if (over <= 0) continue;
    const zoom = frame.currentCSSZoom ?? 1, height = frame.getBoundingClientRect().height - over;
    frame.style.maxHeight = `${Math.max(LEAST, height / zoom)}px`;
    middle(frame);
  }
  await Promise.all(charts.map(closer));
};
addEventListener("resize", () => fit());
const turned = (draw) => { for (const screen of [low, short]) screen.addEventListener("change", draw); };
globalThis.room = { low: () => low.matches, short: () => short.matches, fit, turned };
})();
