import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A self-signed certificate and its key in PEM, made for one test. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** Makes a self-signed certificate for a name (X.509 v3, ECDSA P-256), valid now unless `expired`. */
export function makeCertificate(name: string, options: { readonly expired?: boolean } = {}): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const now = Date.now();
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
  const subject = sequence(der(0x31, sequence(oid(0x55, 4, 3), der(0x0c, Buffer.from(name)))));
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const extensions = sequence(
    sequence(oid(0x55, 0x1d, 0x11), der(4, sequence(der(0x82, Buffer.from(name))))),
    sequence(oid(0x55, 0x1d, 0x13), der(1, Buffer.from([255])), der(4, sequence(der(1, Buffer.from([255]))))),
  );
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, serial),
    algorithm,
    subject,
    sequence(time(now - 30 * DAY_MS), time(options.expired === true ? now - DAY_MS : now + 30 * DAY_MS)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = sign("sha256", body, privateKey);
  const whole = sequence(body, algorithm, der(3, Buffer.from([0]), signature)).toString("base64");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${whole.match(/.{1,64}/g)?.join("\n") ?? ""}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128
    ? [body.length]
    : body.length < 256
    ? [0x81, body.length]
    : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

function oid(...bytes: readonly number[]): Buffer {
  return der(6, Buffer.from(bytes));
}

function time(ms: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));
}
