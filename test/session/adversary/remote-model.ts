import { SessionError } from "../../../session/errors.ts";
import type { OpenModel, ScriptTurn } from "../../../session/mod.ts";
import { scriptedModel } from "../../../session/providers/script.ts";
import type { Entry } from "./journal.ts";
import { REMOTE_HOST } from "./policies.ts";

/** A model far away that goes on with the script: the network is played, the gate before it is not. */
export function remoteModel(turns: readonly ScriptTurn[], next: number, journal: Entry[]): OpenModel {
  const script = scriptedModel(turns, next);
  return {
    provider: "far",
    name: "large",
    locality: "remote",
    where: `${REMOTE_HOST}:443`,
    target: { scheme: "https", host: REMOTE_HOST, port: 443, remote: true },
    contextSize: 1_000_000,
    key: null,
    position: () => script.position(),
    reportedContext: () => Promise.resolve(null),
    async connect(attempt) {
      const request = { url: `https://${REMOTE_HOST}/v1`, scheme: "https", host: REMOTE_HOST, port: 443 } as const;
      await attempt.admit({ ...request, method: "POST", addresses: null, bytes: 1, hop: 0 });
      await attempt.admit({ ...request, method: "POST", addresses: ["93.184.215.14"], bytes: 1, hop: 0 });
      const { model } = script;
      return {
        ...model,
        doGenerate: () => Promise.reject(new SessionError("PROVIDER_PROTOCOL", "never asked so")),
        doStream(options) {
          journal.push({ kind: "sent", text: JSON.stringify(options.prompt) });
          return model.doStream(options);
        },
      };
    },
  };
}
