import type { HostCall, HostReply } from "../../core/mod.ts";
import { sameJson, type ToolMock } from "../../skills/mod.ts";

/** Answers host calls from the mocks of one example. */
export interface MockDesk {
  /** The answer to a call; `undefined` where no mock is for it. */
  answer(call: HostCall): HostReply | undefined;
}

/**
 * Opens the mocks of one example. Each answers once, in order; the last that fits goes on to answer.
 *
 * @param mocks As they were written.
 * @returns The desk.
 */
export function openMocks(mocks: readonly ToolMock[]): MockDesk {
  const used = new Set<ToolMock>();
  return {
    answer(call): HostReply | undefined {
      const fitting = mocks.filter((mock) => funcOf(mock.call) === call.func && fits(mock.args, call));
      const mock = fitting.find((one) => !used.has(one)) ?? fitting.at(-1);
      if (mock === undefined) return undefined;
      used.add(mock);
      return replyOf(call.func, mock.result);
    },
  };
}

// `http.fetch`, `host.http.fetch`, `fetch`; `readFile` as well as `read-file`.
function funcOf(call: string): string {
  return (call.split(".").at(-1) ?? "").replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

function fits(wanted: readonly unknown[], { func, args }: HostCall): boolean {
  return wanted.every((one, at) => {
    const given = args[at];
    if (func === "fetch" && typeof one === "string") return isRecord(given) && given["url"] === one;
    if (!isRecord(one) || !isRecord(given)) return sameJson(plain(one), plain(given));
    return Object.entries(one).every(([key, member]) =>
      sameJson(headersOf(key, plain(member)), headersOf(key, plain(given[key])))
    );
  });
}

// Headers may be written as an object; on the border they are pairs.
function headersOf(key: string, value: unknown): unknown {
  return key === "headers" && isRecord(value) ? Object.entries(value) : value;
}

// Bytes compare as the text they are.
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

function replyOf(func: string, result: unknown): HostReply {
  if (isRecord(result) && isRecord(result["error"]) && typeof result["error"]["tag"] === "string") {
    const { tag, val } = result["error"];
    return { ok: false, error: { tag, val } };
  }
  switch (func) {
    case "fetch":
      return { ok: true, value: responseOf(result) };
    case "read-file":
      return { ok: true, value: bytesOf(result) };
    case "write-file":
    case "append-file":
    case "create-dir":
      return { ok: true, value: undefined };
    default:
      return { ok: true, value: result };
  }
}

function responseOf(result: unknown): unknown {
  const { status = 200, headers = [], body = "" } = isRecord(result) ? result : { body: result };
  const pairs = isRecord(headers) ? Object.entries(headers).map(([name, value]) => [name, String(value)]) : headers;
  return { status, headers: pairs, body: bytesOf(body) };
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)) {
    return Uint8Array.from(value);
  }
  // What is no text stands for the JSON that a server would send.
  return new TextEncoder().encode(JSON.stringify(value) ?? "");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
