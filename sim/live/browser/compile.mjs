// Compiles a folder of Python files in place, by the very interpreter that will read them:
// node compile.mjs PYODIDE_FOLDER FOLDER
import { pathToFileURL } from "node:url";
const [runtime, folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
const python = await loadPyodide();
python.mountNodeFS("/tree", folder);
// Legacy places (x.pyc beside x.py), so that the sources can be left out; without docstrings and asserts.
const done = python.runPython(`
import compileall, py_compile
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir("/tree", quiet=1, legacy=True, force=True, stripdir="/tree", optimize=2, invalidation_mode=mode)
`);
process.exit(done ? 0 : 1);
