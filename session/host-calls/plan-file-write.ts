import { b2, concatBytes, type PathTarget } from "../../core/mod.ts";
import { type FileState, runsLater } from "../../sandbox/mod.ts";
import type { GateDeps } from "../deps.ts";
import { shortPath } from "../tools/file-action.ts";
import { shownAsText, unpresented } from "../tools/present.ts";
import type { Prepared } from "../tools/tool.ts";
import { decodeText } from "../tools/write-effect.ts";
import { type HostPlan, plainly } from "./host-plan.ts";
import { faultOf } from "./plan-file-read.ts";
import { HostFault, TooLarge } from "./reply.ts";

/** What a writing call is planned from. */
export interface FileWriting {
  readonly deps: GateDeps;
  readonly target: PathTarget;
  readonly shown: string;
}

/**
 * Plans `write-file` and `append-file` in the project: one atomic write of the whole file, with its diff.
 *
 * @param writing Where.
 * @param data What the guest writes.
 * @param append Add to what is there.
 * @returns Effect and value of the plan.
 */
export function planWrite(
  writing: FileWriting,
  data: Uint8Array,
  append: boolean,
): Pick<HostPlan, "prepare" | "take" | "title"> {
  const { deps, target, shown } = writing;
  const most = deps.plan.limits.writeBytes;
  return {
    title: `Write ${shortPath(deps.plan.project, target.real)}`,
    async prepare(look): Promise<Prepared> {
      const before = await look.state(target.real, most);
      if (before.exists && before.kind !== "file") {
        throw new HostFault("exists", `Cannot write "${shown}": it is a ${before.kind}`);
      }
      if (append && before.exists && before.bytes === null) throw new TooLarge(most);
      const content = append && before.bytes !== null ? concatBytes([before.bytes, data]) : data;
      if (content.length > most) throw new TooLarge(most);
      return prepared(writing, before, content);
    },
    take(ran) {
      if (!ran.outcome.ok) throw faultOf(ran.outcome);
      return Promise.resolve(plainly(undefined));
    },
  };
}

function prepared({ deps, target }: FileWriting, before: FileState, content: Uint8Array): Prepared {
  const name = shortPath(deps.plan.project, target.real);
  const { exists, bytes, ...stamp } = before;
  const kind = exists ? "modify" : "create";
  return {
    effect: {
      backend: "writer",
      spec: { op: "write", target: target.real, content, expect: exists ? stamp : null, createParents: true },
      present: (value) => unpresented(value.op),
    },
    preview: {
      kind: "changes",
      summary: `${kind} ${name}`,
      changes: [{
        path: name,
        kind,
        runsLater: runsLater({ relative: name, kind, entry: "file", mode: exists ? before.mode : null }),
        before: bytes === null ? null : decodeText(bytes),
        after: decodeText(content),
        bytes: content.length,
      }],
    },
    before: before.digest,
    after: b2(content),
  };
}

/**
 * Plans `create-dir` in the project.
 *
 * @param writing Where.
 * @returns Effect and value of the plan.
 */
export function planFolder({ deps, target, shown }: FileWriting): Pick<HostPlan, "prepare" | "take" | "title"> {
  const name = shortPath(deps.plan.project, target.real);
  return {
    title: `Make folder ${name}`,
    prepare: () =>
      Promise.resolve(shownAsText({
        backend: "folders",
        spec: { op: "folder", target: target.real },
        present: (value) => unpresented(value.op),
      }, `make folder ${name}`)),
    take(ran) {
      if (!ran.outcome.ok) {
        if (ran.outcome.code === "NOT_REGULAR" || ran.outcome.code === "NOT_FOUND") {
          throw new HostFault("exists", `Cannot make folder "${shown}": something else stands there`);
        }
        throw faultOf(ran.outcome);
      }
      return Promise.resolve(plainly(undefined));
    },
  };
}
