import { MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { createGuestProgram } from "./guest-program.ts";
import {
  type CallMessage,
  type FromGuest,
  type ReplyMessage,
  SHARED_BYTES,
  SLOT,
  STOPS,
  type ToGuest,
} from "./messages.ts";
import { scrub } from "./scrub.ts";

// The program of a worker thread. What it needs of its runtime it takes now; then it is scrubbed.

const setup: unknown = workerData;
if (!isSetup(setup)) throw new TypeError("this is the program of a worker");
// Orders wake the event loop, answers are taken while it stands still: one port cannot do both.
const { orders, answers, looks: most } = setup;
const slots = new Int32Array(setup.memory);
const clock = performance;
const source = crypto;
const take = receiveMessageOnPort;
const scrubbed = scrub(globalThis);

function post(message: FromGuest): void {
  orders.postMessage(message);
}

function ask(call: CallMessage): ReplyMessage {
  Atomics.store(slots, SLOT.answered, 0);
  post(call);
  for (;;) {
    // Most answers come at once: waking up a thread that sleeps takes longer than they do.
    for (let looks = 0; looks < most && Atomics.load(slots, SLOT.answered) === 0; looks++);
    Atomics.wait(slots, SLOT.answered, 0);
    const received: { message: unknown } | undefined = take(answers);
    // The answer is posted before the flag is set; one look may still come too early.
    if (received === undefined) continue;
    const { message } = received;
    // Threat: an answer of another call, sent again or made up, taken for this one's.
    if (isReply(message) && message.run === call.run && message.seq === call.seq) return message;
    throw new TypeError("an answer does not belong to this call");
  }
}

const program = createGuestProgram({
  channel: { post, ask, stopped: () => STOPS[Atomics.load(slots, SLOT.stop)] ?? null },
  scrubbed,
  mono: () => clock.now(),
  random: (count) => source.getRandomValues(new Uint8Array(count)),
  sleep: (ms) => void Atomics.wait(slots, SLOT.stop, 0, ms),
});

orders.on("message", (message: ToGuest) => {
  if (message.kind === "start") program.start(message);
  if (message.kind === "load") {
    program.load(message).then(
      () => post({ kind: "loaded" }),
      (cause: unknown) =>
        post({ kind: "unloadable", reason: cause instanceof Error ? cause.message : "it cannot be loaded" }),
    );
  }
});

interface Setup {
  readonly memory: SharedArrayBuffer;
  readonly orders: MessagePort;
  readonly answers: MessagePort;
  /** Looks at the answer before the thread sleeps. */
  readonly looks: number;
}

function isSetup(value: unknown): value is Setup {
  return typeof value === "object" && value !== null && "memory" in value &&
    value.memory instanceof SharedArrayBuffer && value.memory.byteLength === SHARED_BYTES &&
    "orders" in value && value.orders instanceof MessagePort && "answers" in value &&
    value.answers instanceof MessagePort && "looks" in value && typeof value.looks === "number";
}

function isReply(value: unknown): value is ReplyMessage {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "reply";
}
