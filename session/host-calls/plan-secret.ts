import { expandHandle } from "../../core/mod.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import { guestAction, type GuestContext } from "./host-actions.ts";
import { type HostPlan, plainly } from "./host-plan.ts";
import { faultOf } from "./plan-file-read.ts";
import { HostFault } from "./reply.ts";

/**
 * Plans `get-secret`: a value goes into the guest itself, so that its binding must name this very component.
 *
 * @param context The guest.
 * @param given The handle as the guest wrote it.
 * @returns Actions, handles, effect and value.
 * @throws {CoreError} `HANDLE_INVALID`.
 */
export function planSecret(
  context: GuestContext,
  given: string,
): Pick<HostPlan, "actions" | "handles" | "prepare" | "take" | "title"> {
  const handle = expandHandle(given);
  const { component } = context.guest;
  const inject = component === null ? "component:none" : `component:${component}`;
  return {
    title: `Use secret ${handle}`,
    actions: [
      guestAction(context, "secret_handle_usage", {
        target: { kind: "secret", handle, inject, host: null, port: null, program: null },
        classes: ["secret"],
        tainted: context.provenance.tainted([handle]),
      }),
    ],
    handles: [handle],
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "routine",
        tier: "wasm-sandbox",
        spec: { op: "get-secret", handle, inject },
        guest: null,
        async run(io) {
          const secret = await io.reveal(handle);
          try {
            const value = secret.use((bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes));
            return { output: null, error: null, sources: [], classes: [], truncated: false, value };
          } finally {
            secret.dispose();
          }
        },
        present: () => unpresented("get-secret"),
      }, `give the value of ${handle} to ${context.guest.title}`)),
    take(ran) {
      if (!ran.outcome.ok) throw faultOf(ran.outcome);
      if (ran.backend !== "routine" || typeof ran.outcome.value.value !== "string") {
        throw new HostFault("failed", "Cannot use the secret: it is no text");
      }
      return Promise.resolve(plainly(ran.outcome.value.value, ran.outcome.value.value.length));
    },
  };
}
