import { timingSafeEqual } from "node:crypto";
import { blake2b, isDigest, sha256, toHex } from "../../core/mod.ts";
import { withKey } from "../trust/place.ts";
import type { GeneratedPlace, SealScope } from "./place.ts";
import { stableJson } from "./stable-json.ts";

const LABEL = "az/trust/v1";
const MAC_AT_END = /,"mac":"(b2:[0-9a-f]{64})"\}\n$/;
const TAIL_LENGTH = ',"mac":""}\n'.length + "b2:".length + 64;

/**
 * Computes the MAC of a file of a generated tool: keyed BLAKE2b-256 (RFC 7693) over label, kind, project, name, content.
 *
 * Threat: files of one tool, version or project put in the place of another's.
 */
function macOf(place: GeneratedPlace, scope: SealScope, body: string): string {
  const text = [LABEL, scope.kind, sha256(place.project), scope.name, sha256(body)].join("\n");
  const bytes = new TextEncoder().encode(text);
  return `b2:${toHex(blake2b(bytes, 32, withKey(() => place.keys.derive(LABEL))))}`;
}

/**
 * Writes an object as JSON with ordered keys, `mac` as its last member, and a line end.
 *
 * @param place Project and key.
 * @param scope Which file of which tool.
 * @param content The object.
 * @returns The file.
 * @throws {SkillsError} `TRUST_LOCKED` without the key.
 */
export function sealTool(
  place: GeneratedPlace,
  scope: SealScope,
  content: Readonly<Record<string, unknown>>,
): string {
  const body = stableJson(content).slice(0, -1);
  return `${body},"mac":"${macOf(place, scope, body)}"}\n`;
}

/**
 * Reads what {@link sealTool} wrote. The MAC is over the bytes before it: nothing is parsed that was not checked.
 *
 * @param place Project and key.
 * @param scope Which file of which tool.
 * @param text The file.
 * @returns The object without `mac`, or `null` when it is damaged, foreign or forged.
 * @throws {SkillsError} `TRUST_LOCKED` without the key.
 */
export function openTool(place: GeneratedPlace, scope: SealScope, text: string): unknown {
  const mac = MAC_AT_END.exec(text.slice(-TAIL_LENGTH))?.[1];
  if (!isDigest(mac)) return null;
  const body = text.slice(0, -TAIL_LENGTH);
  const [wanted, given] = [Buffer.from(macOf(place, scope, body)), Buffer.from(mac)];
  return timingSafeEqual(wanted, given) ? JSON.parse(`${body}}`) : null;
}
