// Stands behind Pyodide's own two scripts in one classic worker, so that nothing is imported by its address.
// A module worker of a Blob does not start on file:// or in a sandboxed frame, whose origin is opaque.
const HERE = "https://page.invalid/";   // never asked: fetch below answers from memory, or with nothing
self.importScripts = () => {};          // Pyodide tries it to tell which kind of worker this is
let cancelled = false, ask;

const breathe = () => new Promise((done) => setTimeout(() => done(cancelled)));   // lets a waiting "cancel" in first
const report = (share) => postMessage({ share });

async function start({ module, stdlib, app, index, lock, files }) {
  const began = performance.now();
  self.fetch = async (url) => String(url).endsWith("python_stdlib.zip") ? new Response(stdlib) : new Response(null);
  WebAssembly.instantiateStreaming = async (_, imports) =>
    ({ module, instance: await WebAssembly.instantiate(module, imports) });
  const python = await globalThis.loadPyodide({
    indexURL: HERE, packageBaseUrl: HERE, lockFileContents: lock, createPyodideModule: _createPyodideModule,
    env: { PYDANTIC_DISABLE_PLUGINS: "__all__", PYTHONDONTWRITEBYTECODE: "1" },
    fsInit: async (FS) => {
      const there = new Set();
      let at = 0;
      for (const [path, size, mode] of index) {
        const folder = path.slice(0, path.lastIndexOf("/"));
        if (!there.has(folder)) { FS.mkdirTree(folder); there.add(folder); }
        FS.writeFile(path, app.subarray(at, at + size), { canOwn: true });
        if (mode !== 0o644) FS.chmod(path, mode);
        at += size;
      }
    },
  });
  const up = performance.now();
  if (!index.length) python.runPython("1 + 1");
  else ask = python.runPython(`
import gc, json, sys, time
gc.disable()   # until the first answer: hardly anything of the start is garbage
sys.path[:0] = ["/app", "/app/site"]
from pyodide.ffi import can_run_sync, run_sync
from sim.errors import CancelledError
from sim.live import answer

def ask(text, report, breathe):
    last = time.monotonic()
    def tick(share):
        nonlocal last
        if (now := time.monotonic()) - last > 0.05:
            last = now
            report(share)
            if can_run_sync() and run_sync(breathe()):
                raise CancelledError
    try:
        return answer.answer(text, tick)
    finally:
        gc.enable()
answer.offer(json.loads(${JSON.stringify(JSON.stringify(files))}))
ask`);
  const switching = "Suspending" in WebAssembly;
  postMessage({ ready: { python: up - began, model: performance.now() - up, switching } });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.start) await start(data.start);
    else if (data.cancel) cancelled = true;
    else {
      cancelled = false;
      postMessage({ id: data.id, text: await ask.callPromising(data.ask, report, breathe) });
    }
  } catch (error) {
    postMessage({ id: data.id, error: `${error}` });
  }
};
