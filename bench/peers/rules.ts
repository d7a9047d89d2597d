/** What a case asks for: a file below a folder, a program with its first argument, a host below a domain. */
export type Subject =
  | { readonly kind: "file_read"; readonly folder: string }
  | { readonly kind: "shell_command"; readonly words: readonly [string, string] }
  | { readonly kind: "network_request"; readonly domain: string };

/** One rule in a form that every engine can say. */
export interface PeerRule {
  readonly id: string;
  readonly effect: "allow" | "requires_approval" | "deny";
  readonly subject: Subject;
}

/** One request in a form that every engine can be asked. */
export type PeerRequest =
  | { readonly kind: "file_read"; readonly path: string }
  | { readonly kind: "shell_command"; readonly argv: readonly [string, string, string] }
  | { readonly kind: "network_request"; readonly host: string; readonly port: number };

/** The project that the rules are about. */
export const PROJECT = "/home/me/shop";
const EFFECTS = ["allow", "requires_approval", "deny", "allow"] as const;

/** As many rules, always the same ones: reading the project, then folders, programs and domains in turn. */
export function rulesOf(count: number): readonly PeerRule[] {
  return Array.from({ length: count }, (_, i): PeerRule => {
    if (i === 0) return { id: "base", effect: "allow", subject: { kind: "file_read", folder: PROJECT } };
    return { id: `r${i}`, effect: EFFECTS[i % EFFECTS.length] ?? "deny", subject: subjectOf(i) };
  });
}

function subjectOf(i: number): Subject {
  switch (i % 3) {
    case 0:
      return { kind: "file_read", folder: `${i % 2 === 0 ? PROJECT : "/srv"}/packages/p${i}` };
    case 1:
      return { kind: "shell_command", words: [`tool${i}`, "run"] };
    default:
      return { kind: "network_request", domain: `h${i}.example.com` };
  }
}

/** As many requests, always the same ones for `rules`: most hit a rule, some miss it by a word, a label or a port. */
export function requestsFor(rules: readonly PeerRule[], count: number): readonly PeerRequest[] {
  const random = sequence(0x5eed);
  return Array.from({ length: count }, (_, n): PeerRequest => {
    const subject = rules[random(rules.length)]?.subject ?? subjectOf(n);
    const near = random(8) === 0;
    switch (subject.kind) {
      case "file_read":
        return { kind: "file_read", path: `${subject.folder}${near ? "x" : ""}/src/index${n}.ts` };
      case "shell_command":
        return { kind: "shell_command", argv: [subject.words[0], near ? "test" : subject.words[1], `x${n}`] };
      case "network_request":
        return { kind: "network_request", host: `api.${subject.domain}`, port: near ? 8443 : 443 };
      default:
        return subject satisfies never;
    }
  });
}

/** Numbers below a limit that look random and are the same in each run. */
function sequence(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}
