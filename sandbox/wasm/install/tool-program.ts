import { stdin, stdout } from "node:process";
import { AgentZeroError } from "../../../core/mod.ts";
import { SandboxError } from "../../errors.ts";
import { decodeToolMessage, encodeToolMessage } from "./tool-message.ts";
import { embedWat } from "./embed-wat.ts";
import { readFacts } from "./read-facts.ts";
import type { ToolReply, ToolResult } from "./tool-job.ts";
import { decodeToolJob } from "./decode-tool.ts";
import { transpileComponent } from "./transpile-component.ts";

// A program of its own: reads one job, does it, writes one reply, ends. Its caller ends it at the deadline, because
// tools that read what somebody made for them may take for ever, or all memory.

async function work(message: Uint8Array): Promise<ToolResult> {
  const { head, bytes } = decodeToolMessage(message);
  const job = decodeToolJob(head);
  switch (job.kind) {
    case "inspect":
      return { ...await readFacts(bytes), files: [] };
    case "install":
      return await transpileComponent(bytes, job);
    case "wat":
      return await embedWat(bytes);
    default:
      return job satisfies never;
  }
}

async function reply(message: Uint8Array): Promise<Uint8Array> {
  try {
    const { imports, exports, files } = await work(message);
    const head: ToolReply = {
      ok: true,
      imports,
      exports,
      files: files.map(({ name, bytes }) => ({ name, size: bytes.length })),
    };
    return encodeToolMessage(head, files.map(({ bytes }) => bytes));
  } catch (error) {
    const known = error instanceof AgentZeroError
      ? error
      : new SandboxError("SANDBOX_FAILED", String(error).slice(0, 300));
    const head: ToolReply = { ok: false, code: known.code, message: known.message, hint: known.hint ?? null };
    return encodeToolMessage(head, []);
  }
}

async function main(): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) if (chunk instanceof Uint8Array) chunks.push(chunk);
  stdout.write(await reply(Buffer.concat(chunks)));
}

await main();
