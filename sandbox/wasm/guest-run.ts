import { AgentZeroError, type HostReply } from "../../core/mod.ts";
import type { SandboxDeps } from "../deps.ts";
import { createDeadline } from "./deadline.ts";
import type { GuestLink, LinkEnd } from "./guest-link.ts";
import { broken, type GuestJob } from "./guest-job.ts";
import type { CallMessage, FromGuest, GuestEnd, StopReason } from "./guest/messages.ts";
import { haltOf } from "./guest/meter.ts";
import { sizeOf } from "./guest/size-of.ts";
import { decodeHostCall, fitHostReply } from "./host-request.ts";

/** How one call ended. */
export interface GuestResult {
  readonly end: GuestEnd;
  readonly fuelUsed: number;
  readonly calls: number;
  /** `null` when its program had to be ended. */
  readonly memoryBytes: number | null;
  readonly logCut: boolean;
  /** The program may take another call. */
  readonly reusable: boolean;
  /** The program was ended by force; resolves `false` when that did not work. */
  readonly abandoned: Promise<boolean> | null;
}

/** What one call works with. */
export interface GuestRunOptions {
  readonly deps: Pick<SandboxDeps, "clock" | "timers">;
  readonly link: GuestLink;
  readonly job: GuestJob;
  /** Which call of the program this is. */
  readonly run: number;
  /** From a stop to the end by force, in milliseconds. */
  readonly graceMs: number;
  /** Called for a message that a sound program does not send. */
  readonly violate: (why: string) => void;
}

/** One call under way. */
export interface GuestRun {
  readonly result: Promise<GuestResult>;
  /** Takes a message; `false` when it does not belong here. */
  take(message: FromGuest): boolean;
  /** The program is gone. */
  ended(why: LinkEnd): void;
}

/**
 * Starts one call: answers its host calls, keeps its deadline, ends it when it has to end.
 *
 * @param options The program, the job, times.
 * @returns The call; its result always resolves.
 */
export function createGuestRun({ deps, link, job, run, graceMs, violate }: GuestRunOptions): GuestRun {
  const { promise, resolve } = Promise.withResolvers<GuestResult>();
  const { limits, declared } = job.start;
  const stopped = new AbortController();
  const deadline = createDeadline(deps, limits.wallMs, () => stop("time"));
  let seq = 0;
  let bytes = 0;
  let lines = 0;
  let pending: CallMessage | null = null;
  let stopping: StopReason | null = null;
  let force: (() => void) | null = null;
  let over = false;

  function finish(result: GuestResult): void {
    if (over) return;
    over = true;
    deadline.end();
    force?.();
    job.signal.removeEventListener("abort", cancel);
    stopped.abort();
    resolve(result);
  }
  function stop(reason: StopReason): void {
    if (over || stopping !== null) return;
    stopping = reason;
    deadline.end();
    stopped.abort();
    link.stop(reason);
    if (pending !== null) answer(pending, { ok: false, error: { tag: "cancelled" } });
    force = deps.timers.after(graceMs, () => {
      const end = { kind: "failed", ...haltOf(reason, limits.wallMs) } as const;
      const abandoned = link.kill();
      finish({ end, fuelUsed: 0, calls: seq, memoryBytes: null, logCut: false, reusable: false, abandoned });
    });
  }
  function cancel(): void {
    stop("cancelled");
  }
  function answer(call: CallMessage, reply: HostReply): void {
    // Threat: a second answer to one call, which the next one would take.
    if (over || pending !== call) return;
    pending = null;
    const { ok } = reply;
    const value: unknown = reply.ok ? reply.value : reply.error;
    link.answer({ kind: "reply", run, seq: call.seq, ok, value, pausedMs: deadline.pausedMs(), stop: stopping });
  }
  async function ask(call: CallMessage): Promise<void> {
    const { iface, func, args } = call;
    const known = { seq: call.seq, iface, func, args };
    if (decodeHostCall(known) === null) {
      return answer(call, { ok: false, error: { tag: "invalid", val: `${func}: arguments that it does not take` } });
    }
    if (job.host === null) {
      return answer(call, { ok: false, error: { tag: "denied", val: `${func}: nothing outside answers here` } });
    }
    try {
      const reply = await job.host(known, { signal: stopped.signal, pause: deadline.pause });
      answer(call, fitHostReply(func, reply));
    } catch (cause) {
      // Messages of our own errors are made for people; others may hold anything.
      const why = cause instanceof AgentZeroError ? cause.message : "the host could not answer";
      answer(call, { ok: false, error: { tag: "failed", val: why } });
    }
  }
  function takeCall(call: CallMessage): boolean {
    bytes += sizeOf(call.args);
    const inTurn = pending === null && call.seq === seq + 1 && call.seq <= limits.calls && bytes <= 2 * limits.bytes;
    if (!inTurn || !declared.includes(call.iface)) return false;
    seq = call.seq;
    pending = call;
    if (stopping === null) void ask(call);
    else answer(call, { ok: false, error: { tag: "cancelled" } });
    return true;
  }
  job.signal.addEventListener("abort", cancel, { once: true });
  link.send({ ...job.start, kind: "start", run });
  if (job.signal.aborted) cancel();
  return {
    result: promise,
    take(message) {
      if (over || !("run" in message) || message.run !== run) return false;
      switch (message.kind) {
        case "call":
          return takeCall(message);
        case "log":
          if (++lines > limits.logLines) return false;
          job.onLog(message.line);
          return true;
        case "done": {
          const { end, fuelUsed, calls, memoryBytes, logCut } = message;
          const settled = endOf(end, stopping === null ? null : haltOf(stopping, limits.wallMs), limits.outputBytes);
          if (settled === null) violate("its result is longer than it may be");
          else {finish({
              end: settled,
              fuelUsed,
              calls,
              memoryBytes,
              logCut,
              reusable: settled.kind !== "failed",
              abandoned: null,
            });}
          return true;
        }
        default:
          return message satisfies never;
      }
    },
    ended(why) {
      const end = { kind: "failed", ...broken(why) } as const;
      finish({ end, fuelUsed: 0, calls: seq, memoryBytes: null, logCut: false, reusable: false, abandoned: null });
    },
  };
}

// What was stopped has not succeeded, even when its last word was already on the way.
function endOf(end: GuestEnd, halt: ReturnType<typeof haltOf> | null, maxBytes: number): GuestEnd | null {
  if (end.kind !== "failed" && end.text.length > maxBytes) return null;
  return halt === null ? end : { kind: "failed", ...halt };
}
