// Draws the charts of a report. Each specification stands behind its place, compressed, with all of its rows. `ast` uses
// Vega's interpreter, which needs no unsafe-eval, and the loader refuses everything: nothing is ever fetched.
const loader = { load: async (url) => { throw new Error(`not loaded: ${url}`); } };
const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
};
const draw = async (script) => {
  const place = script.previousElementSibling;
  try {
    await vegaEmbed(place, await unpack(script.textContent), { ast: true, actions: false, renderer: "svg", loader });
  } catch (error) {
    place.textContent = error.message;
    throw error;
  }
};
// A chart in what is folded has no width until it is opened.
document.addEventListener("toggle", () => dispatchEvent(new Event("resize")), true);
Promise.all([...document.querySelectorAll('script[type="text/plain"]')].map(draw))
  .then((all) => { document.body.dataset.drawn = all.length; });
