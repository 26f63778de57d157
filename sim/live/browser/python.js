// Python in a worker: started once, and anew where a run could not be stopped otherwise. It is asked one question at a time.
(() => {
const { $ } = elements;
const bytes = (id) => {
  const text = $(id).textContent;
  $(id).remove();
  return Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
};
const unpacked = (id, type) => new Response(
  new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("gzip")), { headers: { "Content-Type": type } });

// Args: where files stand, which packages there are, and the object in which it notes when it was ready.
globalThis.pythonOf = (files, lock, marks) => {
  let parts, started, worker, waiting, number = 0, up = false;
  async function unpack() {
    const [module, source, stdlib, packed, memory] = await Promise.all([
      WebAssembly.compileStreaming(unpacked("wasm", "application/wasm")), unpacked("worker", "text/javascript").blob(),
      unpacked("stdlib", "application/zip").arrayBuffer(), unpacked("app", "").arrayBuffer(), unpacked("memory", "").arrayBuffer(),
    ]);
    const size = new DataView(packed).getUint32(0);
    const index = JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, size)));
    return { url: URL.createObjectURL(source), start: { module, stdlib, app: new Uint8Array(packed, 4 + size), memory: new Uint8Array(memory), index, lock, files } };
  }

  async function begun() {
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

  const start = async () => { await (started = begun()); up = true; };

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
    started = begun();
    waiting?.({ id: number, text: '{"cancelled": "✗"}' });
  }

  return { start, ask, cancel, get up() { return up; }, get asked() { return number; } };
};
globalThis.unpacked = unpacked;
})();
