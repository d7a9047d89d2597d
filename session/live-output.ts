import type { CallId } from "../core/mod.ts";
import type { GateDeps } from "./deps.ts";

/** Output on its way to a screen while a command still runs. */
export interface LiveOutput {
  readonly push: (stream: "stdout" | "stderr", chunk: Uint8Array) => void;
  /** Flushes what was held back because it could have been the start of a secret. */
  end(): void;
}

/**
 * Masks live output chunk by chunk, with hold-back, and emits it as events. The final result is masked again as a
 * whole: this stream is for watching only.
 *
 * @param deps Redactor and event sink.
 * @param call The call that produces the output.
 * @returns A sink for raw chunks.
 */
export function liveOutput(deps: Pick<GateDeps, "redactor" | "emit">, call: CallId): LiveOutput {
  const streams = { stdout: channel("stdout"), stderr: channel("stderr") };
  function channel(stream: "stdout" | "stderr"): { push(chunk: Uint8Array): void; end(): void } {
    const mask = deps.redactor.stream();
    const decoder = new TextDecoder();
    function show(bytes: Uint8Array, last: boolean): void {
      const text = decoder.decode(bytes, { stream: !last });
      if (text !== "") deps.emit({ type: "tool_output", call, stream, text });
    }
    return {
      push: (chunk) => show(mask.push(chunk), false),
      end: () => show(mask.end(), true),
    };
  }
  return {
    push: (stream, chunk) => streams[stream].push(chunk),
    end(): void {
      streams.stdout.end();
      streams.stderr.end();
    },
  };
}
