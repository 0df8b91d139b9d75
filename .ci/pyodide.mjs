// Runs .ci/pure.py on CPython in WebAssembly:
//   node .ci/pyodide.mjs path/to/node_modules/pyodide
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));
const module = pathToFileURL(resolve(process.argv[2] ?? "node_modules/pyodide", "pyodide.mjs"));

try {
  const { loadPyodide } = await import(module.href);
  // No PYTHONWARNINGS=error here: Pyodide itself warns when it starts.
  // pure.py turns warnings into errors before it imports anything of ours.
  const python = await loadPyodide({ env: { HOME: "/tmp", PYTHONDONTWRITEBYTECODE: "1" } });
  python.mountNodeFS("/repository", repository);
  python.runPython(`
import runpy
runpy.run_path("/repository/.ci/pure.py", run_name="__main__")
`);
} catch (error) {
  // Left uncaught, node prints the whole minified file before the message.
  console.error(error.message);
  process.exitCode = 1;
}
