import {
  preparsePolicySet,
  type StatefulAuthorizationCall,
  statefulIsAuthorized,
} from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModelFromString, StringAdapter } from "casbin";
import type { AtomicAction } from "../../core/mod.ts";
import { compilePolicy } from "../../policy/compile.ts";
import { decide } from "../../policy/decide.ts";
import { stateOf } from "../../policy/embedded-tests.ts";
import { floorPlaces } from "../../policy/floor.ts";
import { parsePolicy } from "../../policy/parse-policy.ts";
import { DEFAULT_TIER } from "../../policy/mod.ts";
import { type PeerRequest, type PeerRule, PROJECT } from "./rules.ts";

/** Makes its own form of each request once, so that only deciding is timed; says `true` for what is denied. */
export type Decider = (requests: readonly PeerRequest[]) => readonly (() => boolean)[];

/** Our engine on these rules. */
export function ourDecider(rules: readonly PeerRule[]): Decider {
  const { document } = parsePolicy(`version: 2\nrules:\n${rules.map(ourRule).join("\n")}\n`);
  if (document === null) throw new Error("the policy of the comparison does not load");
  const policy = compilePolicy(
    [{ layer: "project", document, sha256: "sha256:x", path: "policy.yml", grants: true }],
    { project: PROJECT, home: "/home/me", tmp: "/tmp", skill_data: null, fold: false },
  );
  const state = stateOf(policy, floorPlaces(["/home/me/.agentzero"], policy.roots));
  return (requests) =>
    requests.map((request) => {
      const action = ourAction(request);
      return () => decide(state, action).decision === "deny";
    });
}

function ourRule({ id, effect, subject }: PeerRule): string {
  const head = `  - { id: ${id}, effect: ${effect}, capability: ${subject.kind}`;
  switch (subject.kind) {
    case "file_read":
      return `${head}, paths: ["${subject.folder}/**"] }`;
    case "shell_command":
      return `${head}, argv: [[${subject.words.join(", ")}, "..."]] }`;
    case "network_request":
      return `${head}, hosts: ["**.${subject.domain}"], ports: [443] }`;
    default:
      return subject satisfies never;
  }
}

function ourAction(request: PeerRequest): AtomicAction {
  const { kind: capability } = request;
  return {
    capability,
    target: ourTarget(request),
    classes: ["private"],
    tier: DEFAULT_TIER[capability],
    tainted: false,
    skill: null,
  };
}

function ourTarget(request: PeerRequest): AtomicAction["target"] {
  switch (request.kind) {
    case "file_read":
      return { kind: "path", real: request.path, lexical: request.path, file: "file", staged: false };
    case "shell_command": {
      const { argv } = request;
      return { kind: "command", argv, text: argv.join(" "), cwd: PROJECT, redirects: [], secrets: false };
    }
    case "network_request": {
      const { host, port } = request;
      const url = `https://${host}:${port}/`;
      return { kind: "network", url, scheme: "https", host, port, method: "GET", addresses: null };
    }
    default:
      return request satisfies never;
  }
}

/** Cedar on these rules, parsed once and kept on its side. */
export function cedarDecider(rules: readonly PeerRule[]): Decider {
  const id = `rules-${rules.length}`;
  const parsed = preparsePolicySet(id, { staticPolicies: rules.map(cedarRule).join("\n") });
  if (parsed.type === "failure") throw new Error(`cedar does not load the rules: ${parsed.errors[0]?.message}`);
  return (requests) =>
    requests.map((request) => {
      const call: StatefulAuthorizationCall = {
        principal: { type: "Agent", id: "main" },
        action: { type: "Action", id: request.kind },
        resource: { type: "Target", id: "any" },
        context: cedarContext(request),
        preparsedPolicySetId: id,
        entities: [],
      };
      return () => {
        const answer = statefulIsAuthorized(call);
        if (answer.type === "failure") throw new Error(`cedar does not decide: ${answer.errors[0]?.message}`);
        return answer.response.decision === "deny";
      };
    });
}

function cedarRule({ effect, subject }: PeerRule): string {
  const verb = effect === "deny" ? "forbid" : "permit";
  return `${verb}(principal, action == Action::"${subject.kind}", resource) when { ${cedarTest(subject)} };`;
}

function cedarTest(subject: PeerRule["subject"]): string {
  switch (subject.kind) {
    case "file_read":
      return `context.path like "${subject.folder}/*"`;
    case "shell_command":
      return `context.word0 == "${subject.words[0]}" && context.word1 == "${subject.words[1]}"`;
    case "network_request":
      return `context.port == 443 && context.host like "*.${subject.domain}"`;
    default:
      return subject satisfies never;
  }
}

function cedarContext(request: PeerRequest): StatefulAuthorizationCall["context"] {
  switch (request.kind) {
    case "file_read":
      return { path: request.path };
    case "shell_command":
      return { word0: request.argv[0], word1: request.argv[1] };
    case "network_request":
      return { host: request.host, port: request.port };
    default:
      return request satisfies never;
  }
}

const CASBIN_MODEL = `
[request_definition]
r = act, obj
[policy_definition]
p = act, obj, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.act == p.act && keyMatch(r.obj, p.obj)
`;

/** Casbin on these rules, with its fastest matcher: hosts are turned around, so that each rule is a prefix. */
export async function casbinDecider(rules: readonly PeerRule[]): Promise<Decider> {
  const lines = rules.map(({ effect, subject }) =>
    `p, ${subject.kind}, ${casbinPrefix(subject)}*, ${effect === "deny" ? "deny" : "allow"}`
  );
  const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL), new StringAdapter(lines.join("\n")));
  return (requests) =>
    requests.map((request) => {
      const object = casbinObject(request);
      return () => !enforcer.enforceSync(request.kind, object);
    });
}

function casbinPrefix(subject: PeerRule["subject"]): string {
  switch (subject.kind) {
    case "file_read":
      return `${subject.folder}/`;
    case "shell_command":
      return `${subject.words.join(" ")} `;
    case "network_request":
      return `443 ${turned(subject.domain)}.`;
    default:
      return subject satisfies never;
  }
}

function casbinObject(request: PeerRequest): string {
  switch (request.kind) {
    case "file_read":
      return request.path;
    case "shell_command":
      return request.argv.join(" ");
    case "network_request":
      return `${request.port} ${turned(request.host)}`;
    default:
      return request satisfies never;
  }
}

function turned(host: string): string {
  return host.split(".").toReversed().join(".");
}
