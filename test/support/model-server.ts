import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What a fake model server got. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Decoded body, or `null`. */
  readonly json: unknown;
}

/** How a fake model server answers. */
export type ModelHandler = (request: SeenRequest, response: ServerResponse) => unknown;

/** A loopback server that speaks what the test makes it speak. */
export interface ModelServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves when the last connection has ended. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startModelServer(handler: ModelHandler): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString("utf8");
      const seen: SeenRequest = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        json: parse(body),
      };
      requests.push(seen);
      Promise.resolve(handler(seen, response)).catch(() => response.destroy());
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) { for (const resume of waiting.splice(0)) resume(); }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    get open() {
      return sockets.size;
    },
    idle: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : waiting.push(resolve))),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A call in a reply. */
export interface WireCall {
  readonly id?: string;
  readonly name: string;
  readonly args: string;
}

/** A reply of a model, to be written in either format. */
export interface WireReply {
  readonly thought?: string;
  readonly text?: string;
  readonly calls?: readonly WireCall[];
  readonly finish?: string | null;
  readonly usage?: { readonly input: number; readonly output: number };
}

/** Writes a reply as an OpenAI-compatible event stream. */
export function openAiEvents(reply: WireReply): string {
  const events: unknown[] = [{ role: "assistant", content: "" }];
  for (const piece of halves(reply.thought ?? "")) events.push({ reasoning_content: piece });
  for (const piece of halves(reply.text ?? "")) events.push({ content: piece });
  for (const [index, call] of (reply.calls ?? []).entries()) {
    events.push({
      tool_calls: [{
        index,
        id: call.id ?? `call_${index}`,
        type: "function",
        function: { name: call.name, arguments: "" },
      }],
    });
    for (const piece of halves(call.args)) events.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  const finish = reply.finish === undefined ? ((reply.calls ?? []).length > 0 ? "tool_calls" : "stop") : reply.finish;
  const chunks = events.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] }));
  if (finish !== null) chunks.push(chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] }));
  if (reply.usage !== undefined) {
    const { input, output } = reply.usage;
    chunks.push(
      chunk({ choices: [], usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }),
    );
  }
  return `${chunks.join("")}data: [DONE]\n\n`;
}

/** Writes a reply as an event stream of Anthropic's Messages API. */
export function anthropicEvents(reply: WireReply): string {
  const { input, output } = reply.usage ?? { input: 7, output: 3 };
  let text = named("message_start", {
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-test",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: input, output_tokens: 0 },
    },
  });
  let index = 0;
  if (reply.text !== undefined) {
    text += named("content_block_start", { index, content_block: { type: "text", text: "" } });
    for (const piece of halves(reply.text)) {
      text += named("content_block_delta", { index, delta: { type: "text_delta", text: piece } });
    }
    text += named("content_block_stop", { index });
    index++;
  }
  for (const call of reply.calls ?? []) {
    text += named("content_block_start", {
      index,
      content_block: { type: "tool_use", id: call.id ?? `toolu_${index}`, name: call.name, input: {} },
    });
    for (const piece of halves(call.args)) {
      text += named("content_block_delta", { index, delta: { type: "input_json_delta", partial_json: piece } });
    }
    text += named("content_block_stop", { index });
    index++;
  }
  if (reply.finish === null) return text;
  const stop = reply.finish ?? ((reply.calls ?? []).length > 0 ? "tool_use" : "end_turn");
  text += named("message_delta", {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: output },
  });
  return text + named("message_stop", {});
}

/** Sends an event stream, optionally in pieces of a few bytes, which cut lines and characters in the middle. */
export async function sendEvents(
  response: ServerResponse,
  events: string,
  pieceBytes: number = Infinity,
): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const bytes = Buffer.from(events, "utf8");
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    const piece = bytes.subarray(start, Math.min(bytes.length, start + pieceBytes));
    // oxlint-disable-next-line no-await-in-loop -- one piece after the other
    await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  response.end();
}

/** Sends a JSON document. */
export function sendJson(
  response: ServerResponse,
  answer: {
    readonly status: number;
    readonly value: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void {
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(JSON.stringify(answer.value));
}

function chunk(fields: Readonly<Record<string, unknown>>): string {
  return `data: ${
    JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", ...fields })
  }\n\n`;
}

function named(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function halves(text: string): readonly string[] {
  if (text.length < 2) return text === "" ? [] : [text];
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
