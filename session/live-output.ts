import type { CallId, Obligations } from "../core/mod.ts";
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
 * @param obligations What a rule obliges to; what must be recognised to be masked is not shown piece by piece.
 * @returns A sink for raw chunks; it never throws.
 */
export function liveOutput(
  deps: Pick<GateDeps, "redactor" | "emit">,
  call: CallId,
  obligations: Obligations,
): LiveOutput {
  if (obligations.redact.length > 0 || obligations.max_bytes !== null) return NOTHING;
  const streams = { stdout: channel("stdout"), stderr: channel("stderr") };
  function channel(stream: "stdout" | "stderr"): { push(chunk: Uint8Array): void; end(): void } {
    const mask = deps.redactor.stream();
    const decoder = new TextDecoder();
    let broken = false;
    function show(masked: () => Uint8Array, last: boolean): void {
      if (broken) return;
      try {
        const text = decoder.decode(masked(), { stream: !last });
        if (text !== "") deps.emit({ type: "tool_output", call, stream, text });
      } catch {
        // What cannot be masked is not shown; the result says what became of the call.
        broken = true;
      }
    }
    return {
      push: (chunk) => show(() => mask.push(chunk), false),
      end: () => show(() => mask.end(), true),
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

const NOTHING: LiveOutput = { push: () => undefined, end: () => undefined };
