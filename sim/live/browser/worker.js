// Stands behind Pyodide's own two scripts in one classic worker, so that nothing is imported by its address.
// A module worker of a Blob does not start on file:// or in a sandboxed frame, whose origin is opaque.
const HERE = "https://page.invalid/";   // never asked: fetch below answers from memory, or with nothing
self.importScripts = () => {};          // Pyodide tries it to tell which kind of worker this is
let cancelled = false, ask;
const switching = "Suspending" in WebAssembly;   // JavaScript Promise Integration: Python may wait for a message

const breathe = () => new Promise((done) => setTimeout(() => done(cancelled)));   // lets a waiting "cancel" in first
const report = (share) => postMessage({ share });

async function start({ module, stdlib, app, memory, index, lock, files }) {
  const began = performance.now();
  let exports;
  self.fetch = async (url) => String(url).endsWith("python_stdlib.zip") ? new Response(stdlib) : new Response(null);
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const instance = await WebAssembly.instantiate(module, imports), own = instance.exports.memory;
    const more = memory.length - own.buffer.byteLength;   // Pyodide copies its memory back, and does not make room for it
    if (more > 0) own.grow(Math.ceil(more / 65536));
    exports = instance.exports;
    return { module, instance };
  };
  const createPyodideModule = async (settings) => {
    const made = await _createPyodideModule(settings), restore = made.API.restoreSnapshot;
    // How this browser calls C from Python was set up before. Memory from elsewhere says nothing of it.
    made.API.restoreSnapshot = (from) => {
      const at = (exports._PyRuntime.value + made.HEAP32[exports._PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET.value >> 2]) >> 2;
      const own = made.HEAP32[at], state = restore(from);
      made.HEAP32[at] = own;
      return state;
    };
    return made;
  };
  const python = await globalThis.loadPyodide({
    indexURL: HERE, packageBaseUrl: HERE, lockFileContents: lock, createPyodideModule,
    ...(memory.length ? { _loadSnapshot: memory } : {}),   // else every start imports the model and reads its catalog
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
from pyodide.ffi import can_run_sync, run_sync
from sim.errors import CancelledError
from sim.live import answer

def ask(text, report, breathe, switching):
    last = time.monotonic()
    def tick(share):
        nonlocal last
        if (now := time.monotonic()) - last > 0.05:
            last = now
            report(share)
            if switching and can_run_sync() and run_sync(breathe()):
                raise CancelledError
    try:
        return answer.answer(text, tick)
    finally:
        gc.enable()
answer.offer(json.loads(${JSON.stringify(JSON.stringify(files))}))
ask`);
  postMessage({ ready: { python: up - began, model: performance.now() - up, switching } });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.start) await start(data.start);
    else if (data.cancel) cancelled = true;
    else {
      cancelled = false;
      postMessage({ id: data.id, text: await ask.callPromising(data.ask, report, breathe, switching) });
    }
  } catch (error) {
    postMessage({ id: data.id, error: `${error}` });
  }
};
