import { setImmediate } from "node:timers";
import { MessageChannel, Worker } from "node:worker_threads";
import type { SandboxDeps } from "../deps.ts";
import type { GuestLink, LinkEnd, LinkListener } from "./guest-link.ts";
import { SHARED_BYTES, SLOT, STOPS } from "./guest/messages.ts";

/**
 * How both sides stay awake between two host calls: turns of our event loop behind an answer, and looks of the guest for
 * one. Well under a millisecond, and on Node half of a round trip. Deno hands messages on from threads of its own, which
 * want the cores that looking would take: there a round trip is shorter when both sleep.
 */
const AWAKE = {
  node: { rounds: 200, looks: 30_000 },
  deno: { rounds: 0, looks: 0 },
} as const;

/** Heap of the glue in MiB; the guest's own memory is not in it. */
const HEAP_MIB = 256;
/** How long a thread may take to end before it counts as stuck. */
const END_MS = 2000;

/**
 * Starts a worker thread for a guest: no variables, its own streams, and nothing of the runtime left in its global.
 *
 * @param deps Timers, and which runtime this is.
 * @returns The way to it.
 */
export function openThread({ timers, facts }: Pick<SandboxDeps, "timers" | "facts">): GuestLink {
  const { rounds, looks } = AWAKE[facts.runtime];
  const memory = new SharedArrayBuffer(SHARED_BYTES);
  const slots = new Int32Array(memory);
  const orders = new MessageChannel();
  const answers = new MessageChannel();
  const worker = new Worker(programUrl("thread"), {
    env: {},
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    workerData: { memory, orders: orders.port2, answers: answers.port2, looks },
    transferList: [orders.port2, answers.port2],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: 32 },
  });
  let listener: LinkListener | null = null;
  let end: LinkEnd | null = null;
  let killed = false;
  function ended(why: LinkEnd): void {
    if (end !== null || killed) return;
    end = why;
    release();
    listener?.ended(why);
  }
  function release(): void {
    orders.port1.close();
    answers.port1.close();
  }
  worker.on("error", (error: unknown) => {
    const memoryOut = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
    ended(
      memoryOut
        ? { code: "LIMIT_MEMORY", why: "what it handed over needs more memory than its thread may have" }
        : { code: "SANDBOX_FAILED", why: `its thread failed: ${error instanceof Error ? error.message : "unknown"}` },
    );
  });
  worker.on("exit", (status) => ended({ code: "SANDBOX_FAILED", why: `its thread ended with status ${status}` }));
  orders.port1.on("message", (message: unknown) => listener?.message(message));
  // A guest that called the host mostly calls again at once: an event loop that did not fall asleep hears it sooner.
  let awake = 0;
  function stayAwake(): void {
    const asleep = awake === 0;
    awake = rounds;
    if (asleep && rounds > 0) setImmediate(look);
  }
  function look(): void {
    if (--awake > 0) setImmediate(look);
  }
  return {
    where: "thread",
    listen(given) {
      listener = given;
      if (end !== null) given.ended(end);
    },
    send: (message) => orders.port1.postMessage(message),
    answer(message) {
      answers.port1.postMessage(message);
      Atomics.store(slots, SLOT.answered, 1);
      Atomics.notify(slots, SLOT.answered);
      stayAwake();
    },
    stop(reason) {
      Atomics.store(slots, SLOT.stop, STOPS.indexOf(reason));
      Atomics.notify(slots, SLOT.stop);
    },
    hold(busy) {
      if (killed || end !== null) return;
      if (busy) {
        worker.ref();
        orders.port1.ref();
      } else {
        worker.unref();
        orders.port1.unref();
      }
    },
    kill() {
      if (killed || end !== null) return Promise.resolve(true);
      killed = true;
      worker.ref();
      release();
      return new Promise((resolve) => {
        const late = timers.after(END_MS, () => {
          // What burns a core does not keep us from ending as well.
          worker.unref();
          resolve(false);
        });
        worker.once("exit", () => {
          late();
          resolve(true);
        });
        void worker.terminate();
      });
    },
  };
}

/**
 * Finds a program of the guest folder: `tsc` leaves URLs alone, so in the package it ends with `.js`, like this file.
 *
 * @param name Name of the program.
 * @returns Its URL.
 */
export function programUrl(name: "thread" | "child"): URL {
  return new URL(`./guest/${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}
