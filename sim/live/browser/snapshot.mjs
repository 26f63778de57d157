// Starts Python on the files of a page, answers its first lesson, and writes down the memory as it is then:
// node snapshot.mjs PYODIDE_FOLDER LIBRARY_ZIP FOLDER FILES LESSON. FOLDER gets "snapshot", and "imported" as JSON.
// A page that begins with this memory imports nothing and reads no catalog before its first answer.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
const [runtime, library, folder, files, lesson] = process.argv.slice(2);
// The memory says whether Python may wait for JavaScript. The worker knows better, so here it always may.
WebAssembly.Suspending ??= function (wrapped) { return wrapped; };
WebAssembly.promising ??= (wrapped) => wrapped;
// Pyodide's environment names the script that runs (as `_`). The page is handed to others, who need not know where it was made.
process.argv[1] = "python";
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
const python = await loadPyodide({
  indexURL: runtime, stdLibURL: library, _makeSnapshot: true,
  env: { PYDANTIC_DISABLE_PLUGINS: "__all__", PYTHONDONTWRITEBYTECODE: "1", PYTHONHASHSEED: "0" },
});
python.mountNodeFS("/app", folder);
const imported = python.runPython(`
import gc, json, sys
sys.path[:0] = ["/app", "/app/site"]
from pyodide.ffi import can_run_sync, run_sync
from sim.live import answer
answer.offer(json.loads(${JSON.stringify(files)}))
imported = json.dumps(answer.warmed(${JSON.stringify(lesson)}))
answer._FILES.clear()
gc.collect()
# What was freed holds what stood there before, which does not compress. Zeros take its place: small objects, whose pools
# are given back then, and large ones.
zeros = [[bytes(max(0, size - 33)) for _ in range(max(200, 200_000 // size))] for size in range(16, 513, 16)]
del zeros
large = [[bytes(size - 33) for _ in range(3_000_000 // size)] for size in (65536, 32768, 16384, 8192, 4096, 2048, 1024)]
del large
gc.collect()
imported`);
writeFileSync(`${folder}/imported`, imported);
writeFileSync(`${folder}/snapshot`, python.makeMemorySnapshot());
process.exit(0);
