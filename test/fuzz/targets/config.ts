import { parseConfig } from "../../../cli/config/parse-config.ts";
import { PROJECT_CONFIG, USER_CONFIG } from "../../../cli/config/schema.ts";
import { parseSecretDeclarations } from "../../../core/mod.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

const EVERYTHING = `v: 1
provider: lab
model: lab/m
providers:
  lab: { kind: openai-compatible, url: http://127.0.0.1:8080/v1 }
models: { lab/m: { context: 8192 } }
limits: { turns: 20, tokens: 1000, timeout: 5s, read: 1MiB }
audit: { sync: group, clear: [event, decision], retention: 30, prune: auto, max_bytes: 16MiB }
secrets: { github/default: { env: GITHUB_TOKEN } }
sandbox: { paths: [/opt/tool], seccomp: auto }
acp: { mode: ask, client_fs: "off" }
telemetry: { otlp: { endpoint: http://127.0.0.1:4318 } }
`;

/** `config.yml` of a person and of a project. */
export function open(): FuzzTarget {
  return {
    samples: [EVERYTHING, "v: 1\nlimits: { turns: 3 }\n", "v: 1\nmodel: ollama/llama3.2\naudit: { sync: each }\n"].map(
      bytesOf,
    ),
    words:
      ("v provider model providers models limits audit secrets vault sandbox acp telemetry kind url key file env argv " +
        "bind host slot turns tokens timeout read retention 1MiB 5s 2h true null __proto__ {} []").split(" "),
    async check(input) {
      const outcomes = [await read(input, true), await read(input, false)];
      return outcomes.join(", ");
    },
  };
}

async function read(input: Uint8Array, own: boolean): Promise<string> {
  try {
    if (!own) {
      await parseConfig(input, "config.yml", PROJECT_CONFIG);
      return "ok";
    }
    const config = await parseConfig(input, "config.yml", USER_CONFIG);
    parseSecretDeclarations(config.secrets, "/home/me");
    // A person who starts a list of limits must not be left with none of them.
    if (/^limits:[^\n]*turns: \d/m.test(textOf(input)) && config.limits === undefined) {
      throw violated("limits were lost");
    }
    return "ok";
  } catch (cause) {
    return refusal(cause, "CliError", "CoreError");
  }
}
