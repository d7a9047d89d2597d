import type { RepoFinding } from "./finding.ts";

const ENV_FILE = /(?:^|\/)\.env(?:\.[^/]+)?$|(?:^|\/)\.envrc$/u;
const HARMLESS = /\.(?:example|sample|template|dist|defaults?|schema)$/iu;
const KEY_FILE =
  /(?:^|\/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc)|\.git-credentials|\.netrc|_netrc|\.pypirc|\.htpasswd|[^/]*credentials?\.(?:json|ya?ml|csv)|[^/]+\.tfstate(?:\.backup)?|service[-_]?account[^/]*\.json|\.dockercfg|kubeconfig)$|(?:^|\/)\.(?:aws|ssh|gnupg|kube)\/[^/]+$|(?:^|\/)\.docker\/config\.json$/iu;
const PUBLIC_KEY = /\.pub$|(?:^|\/)(?:ca|cacert|ca-bundle|public)[^/]*\.(?:pem|key|asc)$|(?:^|\/)[^/]*\.pub\.pem$/iu;

/**
 * Judges a file by its name alone: one that usually holds keys or an environment. Nothing of it is opened for that.
 *
 * @param path Relative to the project.
 * @param tracked `true` when git has it, `false` when not, `null` when nobody can tell.
 * @returns The finding, or none.
 */
export function exposureFindings(path: string, tracked: boolean | null): readonly RepoFinding[] {
  const env = ENV_FILE.test(path) && !HARMLESS.test(path);
  const key = KEY_FILE.test(path) && !PUBLIC_KEY.test(path) && !HARMLESS.test(path);
  if (!env && !key) return [];
  const what = env ? "env-file" : "key-file";
  return [{
    rule: tracked === true ? `exposure/tracked-${what}` : `exposure/${what}`,
    severity: tracked === true ? "high" : tracked === null ? "medium" : "low",
    path,
    line: null,
    class: "credential",
    length: null,
    tag: null,
  }];
}
