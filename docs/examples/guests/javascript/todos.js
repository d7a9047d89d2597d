// Counts lines with TODO in the files of a folder.
//   input   {"dir": "src"}
//   result  {"files": 2, "todos": 5, "skipped": ["secret.txt"]}
import { listDir, readFile } from "az:host/filesystem@0.3.0";
import { log } from "az:host/logging@0.3.0";

export function run(input) {
  const { dir } = JSON.parse(input);
  // What is thrown here is the answer's error: text for whoever called.
  if (typeof dir !== "string") throw 'expected {"dir": "…"}';
  const found = { files: 0, todos: 0, skipped: [] };
  for (const { name, kind } of listDir(dir)) {
    if (kind !== "file") continue;
    try {
      const text = new TextDecoder().decode(readFile(`${dir}/${name}`));
      found.files++;
      found.todos += text.split("\n").filter((line) => line.includes("TODO")).length;
    } catch (error) {
      // Each call is judged on its own. `payload` is the error of the WIT file, e.g. {tag: "denied", val: "…"}.
      log("warn", `${name}: ${error.payload?.tag ?? error}`);
      found.skipped.push(name);
    }
  }
  return JSON.stringify(found);
}
