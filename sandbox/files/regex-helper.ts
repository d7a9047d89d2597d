import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { parentPort } from "node:worker_threads";

// A program of its own: a worker on Node, a child without permissions on Deno. Its caller ends it at the deadline,
// because an expression may take for ever on a line that somebody made for it.

interface Job {
  readonly id: number;
  readonly pattern: string;
  readonly unicode: boolean;
  readonly lineBytes: number;
  readonly texts: readonly string[];
  readonly max: number;
}

function isJob(value: unknown): value is Job {
  return typeof value === "object" && value !== null && "pattern" in value && "texts" in value;
}

// Gives [text, line, content] of each hit.
function search(job: Job): (readonly [number, number, string])[] {
  const expression = new RegExp(job.pattern, job.unicode ? "u" : "");
  const hits: [number, number, string][] = [];
  for (const [index, text] of job.texts.entries()) {
    let line = 0;
    for (const content of text.split("\n")) {
      line++;
      const cut = content.slice(0, job.lineBytes);
      if (!expression.test(cut)) continue;
      hits.push([index, line, cut]);
      if (hits.length >= job.max) return hits;
    }
  }
  return hits;
}

function answer(job: unknown): unknown {
  if (!isJob(job)) return { id: -1, hits: [] };
  return { id: job.id, hits: search(job) };
}

if (parentPort !== null) {
  const port = parentPort;
  port.on("message", (job: unknown) => port.postMessage(answer(job)));
} else {
  createInterface({ input: stdin, crlfDelay: Infinity }).on("line", (line) => {
    const job: unknown = JSON.parse(line);
    stdout.write(`${JSON.stringify(answer(job))}\n`);
  });
}
