import { randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeCertificate } from "../../support/tls-cert.ts";

/** A place that gives tokens for a registry, as the specification of Docker's registry has it. */
export interface TokenServer {
  readonly port: number;
  /** Of the user `me`, who may push; anybody may pull. */
  readonly password: string;
  /** Lines for the configuration of the registry. */
  readonly config: string;
  /** Scopes that were asked for. */
  readonly scopes: readonly string[];
  /** Tokens that were given. */
  readonly tokens: readonly string[];
}

const SERVICE = "registry.test";
const ISSUER = "guard.test";

/** Starts it on loopback; it ends with the test. */
export async function startTokenServer(dir: string): Promise<TokenServer> {
  const password = `fake-${randomBytes(9).toString("hex")}`;
  const { cert, key } = makeCertificate(ISSUER);
  const bundle = join(dir, "token-root.pem");
  writeFileSync(bundle, cert);
  const [scopes, tokens]: [string[], string[]] = [[], []];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://guard.test");
    const scope = url.searchParams.get("scope") ?? "";
    scopes.push(scope);
    const [type = "", name = "", actions = ""] = scope.split(":");
    const known = request.headers.authorization === `Basic ${Buffer.from(`me:${password}`).toString("base64")}`;
    const allowed = actions.split(",").filter((action) => known || action === "pull");
    const token = jwt({ cert, key }, [{ type, name, actions: allowed }]);
    tokens.push(token);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    password,
    scopes,
    tokens,
    config: `auth:
  token:
    realm: http://127.0.0.1:${port}/token
    service: ${SERVICE}
    issuer: ${ISSUER}
    rootcertbundle: ${bundle}
`,
  };
}

function jwt(by: { readonly cert: string; readonly key: string }, access: readonly object[]): string {
  const seconds = Math.floor(Date.now() / 1000);
  const head = { typ: "JWT", alg: "ES256", x5c: [by.cert.replaceAll(/-----[^-]*-----|\s/g, "")] };
  const body = {
    iss: ISSUER,
    sub: "me",
    aud: SERVICE,
    exp: seconds + 300,
    nbf: seconds - 60,
    iat: seconds,
    jti: randomBytes(8).toString("hex"),
    access,
  };
  const text = [head, body].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(text), { key: by.key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}
