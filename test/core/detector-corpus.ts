/** One text and what a careful person would call it. */
export interface Sample {
  readonly text: string;
  /** The part that should be found; `null` when there is nothing. */
  readonly secret: string | null;
  /** Its class. */
  readonly class: "credential" | "pii" | null;
}

// Everything here is made up. It is put together from pieces, so that no scanner of repositories takes it for a leak.
const BASE62 = "q7Zt2Lm9XcV4bN8sKd1Rf6Wh3Yg5Tj0PaUeIoAiEuO";
const HEX = "9f3c7a1be5d20846";
const BASE32 = "K7QZ2MXT4WPB6NRD";

/** Letters that look random, different for each seed. */
function pick(alphabet: string, length: number, seed: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += alphabet[(seed * 31 + i * 17 + i * i * 7) % alphabet.length];
  return text;
}

function b62(length: number, seed = 1): string {
  return pick(BASE62, length, seed);
}

function hex(length: number, seed = 1): string {
  return pick(HEX, length, seed);
}

/** Tokens with a shape of their own: each stands in several places where people leave them. */
const TOKENS: readonly string[] = [
  `ghp_${b62(36)}`,
  `gho_${b62(36, 2)}`,
  `ghs_${b62(36, 3)}`,
  `github_pat_${b62(22, 4)}_${b62(59, 5)}`,
  `glpat-${b62(20, 6)}`,
  `AKIA${pick(BASE32, 16, 7)}`,
  `xoxb-${pick("0123456789", 12, 8)}-${pick("0123456789", 12, 9)}-${b62(24, 10)}`,
  ["sk", "live", b62(24, 11)].join("_"),
  ["rk", "live", b62(24, 12)].join("_"),
  `AIza${b62(35, 13)}`,
  `npm_${b62(36, 14)}`,
  `pypi-AgEIcHlwaS5vcmc${b62(60, 15)}`,
  `SG.${b62(22, 16)}.${b62(43, 17)}`,
  `hf_${b62(34, 18)}`,
  `dop_v1_${hex(64, 19)}`,
  `sk-ant-api03-${b62(93, 20)}AA`,
  `sk-proj-${b62(48, 21)}T3BlbkFJ${b62(48, 22)}`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx${b62(20, 23)}.${b62(43, 24)}`,
  `AGE-SECRET-KEY-1${pick("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58, 25)}`,
  `shpat_${hex(32, 26)}`,
  `dckr_pat_${b62(27, 27)}`,
  `123456789:AA${b62(33, 28)}`,
  `lin_api_${b62(40, 29)}`,
  `ATATT3${b62(80, 30)}`,
];

const PLACES: readonly ((token: string) => string)[] = [
  (token) => `export TOKEN=${token}\n`,
  (token) => `  "token": "${token}",\n`,
  (token) => `$ curl -H "X-Api: ${token}" https://api.example.com/v1\n{"ok":true}\n`,
  (token) => `2025-11-20 22:04:09 DEBUG using ${token} for upload\n`,
];

/** Values whose place alone tells what they are. */
const NAMED: readonly (readonly [string, string])[] = [
  ["DB_PASSWORD=", `Tr4in-${b62(10, 40)}`],
  ["POSTGRES_PASSWORD: ", b62(18, 41)],
  ['password = "', `fake!${b62(12, 42)}`],
  ["api_key: '", b62(32, 43)],
  ['"client_secret": "', b62(40, 44)],
  ["AWS_SECRET_ACCESS_KEY=", b62(40, 45)],
  ["Authorization: Bearer ", b62(48, 46)],
  ["Authorization: Basic ", `${b62(30, 47)}==`],
  ["AccountKey=", `${b62(86, 48)}==`],
  ["SECRET_KEY = '", b62(50, 49)],
  ["//registry.example.com/:_authToken=", b62(36, 50)],
  ["private_token=", b62(20, 51)],
  ["ENCRYPTION_KEY=", hex(64, 52)],
  ["jwt_secret: ", b62(32, 53)],
  ["SESSION_SECRET=", b62(32, 54)],
  ["access_token=", b62(64, 55)],
];

/** Personal data that carries a check of its own. */
const PERSONAL: readonly string[] = [
  "ada.lovelace@mail.example.org",
  "grace+navy@ships.example.com",
  "o'neil_k@sub.domain.example.co.uk",
  "4111 1111 1111 1111",
  "5500-0000-0000-0004",
  "340000000000009",
  "6011000000000004",
  "DE89 3704 0044 0532 0130 00",
  "GB82WEST12345698765432",
  "FR1420041010050500013M02606",
  "123-45-6789",
  "078-05-1121",
  "+49 30 901820",
  "+1 (415) 555-0132",
  "+44 20 7946 0958",
];

const PERSON_PLACES: readonly ((value: string) => string)[] = [
  (value) => `Kunde: ${value}\n`,
  (value) => `{"contact":"${value}","id":17}\n`,
];

const PEM = ["RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];

/** What looks like a secret to a machine and is none: from source trees, logs, manuals and lock files. */
const INNOCENT: readonly string[] = [
  "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
  "index 83db48f..bf269f4 100644",
  "sha512-FzS1f8FYiB0FnnGzgQYsOaOk0q0rkkNhcUrtkEMBTmUNSVmkgUXjOQuGpx9tqu4mrQlYBwy2E5dA7hMUJpVxYA==",
  '"integrity": "sha512-q1xMb0Fmh9Yk0gY5h9VYk0T2Gd5SxF0cZ7ZQ0xkq1t9m3w=="',
  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "123e4567-e89b-12d3-a456-426614174000",
  'ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"',
  "const token = getToken();",
  'if (password === "") return secret.value;',
  "PASSWORD=${DB_PASSWORD}",
  "token: <your-token-here>",
  "api_key={{ api_key }}",
  "password: process.env.DB_PASSWORD,",
  "secret: handle://vault/shop/stripe",
  'api_key = "your_api_key_here"',
  "PASSWORD=changeme",
  "password: ********",
  "the bearer of this letter shall pass",
  "The secret: nobody knows it.",
  "password = [SECRET_ABCDEFGH]",
  "logo@2x.png",
  "git@github.com:acme/shop.git",
  "npm install left-pad@1.3.0",
  "@media (min-width: 40em) { a { color: #1a2b3c } }",
  "4111 1111 1111 1112",
  "4444 4444 4444 4444",
  "1234567890123456",
  "DE88 3704 0044 0532 0130 00",
  "000-12-3456 666-12-3456 900-12-3456",
  "a+1234567+b",
  "+1",
  "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
  "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ\n-----END CERTIFICATE-----",
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
  "function authenticate(user, password) { return check(user, password); }",
  "type Token = { readonly kind: string; readonly text: string };",
  "tokens: 4096, max_tokens: 1024",
  "key: value",
  'aria-label="Password" type="password" name="password"',
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKfZ3Jm7d2n8Qx0b5tP1v9rYw4sLhGkM6cUeXoViWjB me@host",
  "https://example.com/?q=token&sort=asc",
  "2025-11-20T22:04:09.123Z",
  "192.168.17.254:8080",
  "0x7ffee4bff5c8 in main () at main.c:42",
  "9007199254740991",
  "3.14159265358979323846264338327950288419716939937510",
  "ISBN 978-3-16-148410-0",
  "Order 2025-0043-7781-0091 was shipped",
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "node_modules/.bin/vitest run test/core",
  "sk-learn is not a key, sk_buff is a kernel struct",
  "xoxo and hugs",
  "getPasswordFromVault(handle)",
  "Enter your passphrase: ",
  "user:password is the usual form",
  "secret_files: ['**/.env', '**/*.pem']",
];

const INNOCENT_PLACES: readonly ((text: string) => string)[] = [
  (text) => `${text}\n`,
  (text) => `// ${text}\nconst next = 1;\n`,
];

/** The corpus: shapes in the places where they are left, and texts that only look like them. */
export const CORPUS: readonly Sample[] = [
  ...TOKENS.flatMap((token) => PLACES.map((place) => sample(place(token), token, "credential"))),
  ...NAMED.map(([before, value]) =>
    sample(`${before}${value}${/["']$/.exec(before)?.[0] ?? ""}\n`, value, "credential")
  ),
  ...PEM.map((label) => {
    const block = `-----BEGIN ${label}-----\n${b62(64, 60)}\n${b62(64, 61)}\n-----END ${label}-----`;
    return sample(`key:\n${block}\n`, block, "credential");
  }),
  ...PERSONAL.flatMap((value) => PERSON_PLACES.map((place) => sample(place(value), value, "pii"))),
  ...INNOCENT.flatMap((text) => INNOCENT_PLACES.map((place) => sample(place(text), null, null))),
];

function sample(text: string, secret: string | null, kind: Sample["class"]): Sample {
  return { text, secret, class: kind };
}
