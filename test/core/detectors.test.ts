import { beforeAll, describe, expect, it, test } from "vitest";
import { createRedactor } from "../../core/create-redactor.ts";
import { loadSodium } from "../../core/crypto/sodium.ts";
import { DETECT_WINDOW_LENGTH, detectText } from "../../core/detectors.ts";
import { seededRandom, utf8 } from "../support/core-rig.ts";

beforeAll(async () => void (await loadSodium()));

/** A token that cannot be mistaken for a real one. */
function fake(length: number, alphabet = "aB3dE6gH9"): string {
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
}

function pem(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}-----END ${label}-----`;
}

const HEX = "0a1b2c3d4e5f6789";

// Put together here, so that no scanner of repositories takes this file for a leak.
const SHAPES: readonly (readonly [string, string, string])[] = [
  ["secret/jwt", "", `eyJ${fake(20)}.eyJ${fake(30)}.${fake(43)}`],
  ["secret/stripe", "", ["sk", "live", fake(24)].join("_")],
  ["secret/stripe", "", `whsec_${fake(32)}`],
  ["secret/google-api-key", "key: ", `AIza${fake(35)}`],
  ["secret/google-oauth", "", `ya29.${fake(60)}`],
  ["secret/hugging-face", "", `hf_${fake(34)}`],
  ["secret/telegram", "", `123456789:AA${fake(33)}`],
  ["secret/azure-key", "AccountKey=", `${fake(86)}==`],
  ["secret/azure-sas", "https://x.example/y?sv=1&sig=", `${fake(43)}%3D`],
  ["secret/bearer", "Authorization: Bearer ", fake(40)],
  ["secret/basic-auth", "Authorization: Basic ", `${fake(22)}==`],
  ["secret/digitalocean", "", `dop_v1_${HEX.repeat(4)}`],
  ["secret/pypi", "", `pypi-${fake(60)}`],
  ["secret/age", "", `AGE-SECRET-KEY-1${"QPZRY9X8".repeat(8).slice(0, 58)}`],
  ["secret/twilio", "", `SK${HEX.repeat(2)}`],
  ["secret/mailgun", "", `key-${HEX.repeat(2)}`],
  ["secret/atlassian", "", `ATATT3${fake(80)}`],
  ["secret/docker-hub", "", `dckr_pat_${fake(27)}`],
  ["secret/supabase", "", `sbp_${(HEX + HEX + HEX).slice(0, 40)}`],
  ["secret/slack-webhook", "https://hooks.slack.com/services/", `T${fake(8)}/B${fake(8)}/${fake(24)}`],
  ["secret/wireguard", "PrivateKey = ", `${fake(43)}=`],
  ["secret/named-value", "DB_PASSWORD=", "fake-Pa55-word!"],
  ["secret/named-value", 'apiKey: "', "fake1234abcd5678"],
  ["secret/named-value", "client_secret => '", "fake1234abcd5678"],
  ["secret/private-key", "x\n", pem("PRIVATE KEY", `${fake(64)}\n`)],
  [
    "secret/private-key",
    "",
    pem("PGP PRIVATE KEY BLOCK", `${fake(64)}\n`),
  ],
  ["secret/github", "", `ghp_${fake(36)}`],
  ["secret/aws", "id ", `AKIA${"QZ2345WX".repeat(2)}`],
  ["pii/email", "mail ", "ada.lovelace+x@mail.example.org"],
  ["pii/card", "card ", "4111 1111 1111 1111"],
  ["pii/card", "card ", "3782-822463-10005"],
  ["pii/iban", "to ", "DE89 3704 0044 0532 0130 00"],
  ["pii/iban", "to ", "GB82WEST12345698765432"],
  ["pii/ssn", "ssn ", "123-45-6789"],
  ["pii/phone", "call ", "+49 30 901820"],
];

describe("detectText()", () => {
  test.for(SHAPES)("finds %s after %j", async ([rule, before, secret]) => {
    const quote = /["']$/.exec(before)?.[0] ?? "";
    const text = `\u00e9 ${before}${secret}${quote}\n`;
    const hits = (await detectText(text)).filter((hit) => hit.rule === rule);
    expect(hits.map((hit) => text.slice(hit.start, hit.end))).toContain(secret);
    expect(hits[0]?.class).toBe(rule.startsWith("pii/") ? "pii" : "credential");
  });

  test.for(
    [
      ["a commit", "commit 9fceb02d0ae598e95dc970b74767f19372d61af8"],
      ["a digest", `sha256:${HEX.repeat(4)}`],
      ["a UUID", "123e4567-e89b-12d3-a456-426614174000"],
      ["code", 'const token = getToken(); if (password === "") return secret.value;'],
      ["a template", "PASSWORD=${DB_PASSWORD} token: <your-token> api_key={{ key }}"],
      ["a reference", "password: process.env.DB_PASSWORD, secret: handle://vault/a/b"],
      ["an example", 'api_key = "your_api_key_here" password: "changeme-please1"'],
      ["prose", "the bearer of this letter, the secret: nobody knows it, token: required"],
      ["a masked value", "password = [SECRET_ABCDEFGH] token=[CREDENTIAL_ABCDEFGH]"],
      ["file names with at signs", "logo@2x.png style@print.css git@github.com:a/b.git pkg@1.2.3"],
      ["a number that fails Luhn", "4111 1111 1111 1112"],
      ["a repeated digit", "4444 4444 4444 4444"],
      ["an IBAN with wrong check digits", "DE88 3704 0044 0532 0130 00"],
      ["numbers that are no SSN", "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000 1234-56-7890"],
      ["a sum", "a+1234567+b"],
      ["a public key", "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----"],
    ] as const,
  )("finds nothing in %s", async ([, text]) => expect(await detectText(text)).toEqual([]));

  it("is not switched off by a comment in the text", async () => {
    const text = `/* secretlint-disable */\nconst x = "ghp_${fake(36)}"`;
    expect((await detectText(text)).map((hit) => hit.rule)).toContain("secret/github");
  });

  it("leaves no marks in the process-wide timeline", async () => {
    await detectText("x");
    performance.clearMarks();
    await detectText("y");
    expect(performance.getEntriesByType("mark")).toEqual([]);
  });

  it("masks a private key to its cap when no END follows", async () => {
    const text = pem("RSA PRIVATE KEY", "A".repeat(40_000)).slice(0, 40_000);
    expect((await detectText(text)).filter((hit) => hit.rule === "secret/private-key")).toMatchObject([{
      start: 0,
      end: 16_384,
    }]);
  });

  it("finds what lies on the border of two windows", async () => {
    const mail = "ada@mail.example.org";
    const text = `${"x ".repeat((DETECT_WINDOW_LENGTH - 10) / 2)}${mail}${" y".repeat(40_000)}`;
    const hits = await detectText(text);
    expect(hits.map((hit) => text.slice(hit.start, hit.end))).toEqual([mail]);
  });

  const MEGABYTE = 1_000_000;
  test.for([
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "eyJ",
    "eyJaaaaaaaaa.",
    "a@",
    "a@a.b.c.d.e.f.g.h.",
    "4 1 ",
    "4",
    "+1",
    " +1 2 3 4 5",
    "DE89 ",
    "DE89",
    "token=",
    'token="',
    "token='a\n",
    "Bearer a",
    "Authorization: Basic ",
    "?sig=",
    "a-",
    "secret key",
    "8Q~",
    "AccountKey=",
    "SK0",
    "password",
    "Private-Lines: 1\nA",
  ])("stays fast on a megabyte of %j", async (unit) => {
    const text = unit.repeat(MEGABYTE / unit.length);
    const start = performance.now();
    await detectText(text);
    // The goal is 250 ms; a shared machine gets room, a quadratic rule does not.
    expect(performance.now() - start).toBeLessThan(40_000);
  });
});

describe("maskDetected()", () => {
  it("masks the classes asked for, with a placeholder that says what it was", async () => {
    const redactor = createRedactor({ random: seededRandom() });
    const text =
      "ada@mail.example.org DB_PASSWORD=fake-Pa55-word! 4111 1111 1111 1111 DE89 3704 0044 0532 0130 00, 123-45-6789, +49 30 901820";
    const masked = await redactor.maskDetected(text, ["pii", "credential"]);
    expect(masked.text).toMatch(
      /^\[EMAIL_\w{8}\] DB_PASSWORD=\[CREDENTIAL_\w{8}\] \[CARD_\w{8}\] \[IBAN_\w{8}\], \[SSN_\w{8}\], \[PHONE_\w{8}\]$/,
    );
    expect((await redactor.maskDetected(text, ["credential"])).text).toContain(
      "ada@mail.example.org DB_PASSWORD=[CREDENTIAL_",
    );
    expect(await redactor.detect(masked.text)).toEqual([]);
    expect(redactor.hasPlaceholder(masked.text)).toBe(true);
  });

  it("masks known values first, so that no detector sees them", async () => {
    const redactor = createRedactor({ random: seededRandom() });
    redactor.add({ bytes: utf8("fake-Pa55-word!"), handle: "handle://vault/a/b", class: "secret" });
    expect(await redactor.detect("DB_PASSWORD=fake-Pa55-word!")).toEqual([]);
    expect(await redactor.maskDetected("DB_PASSWORD=fake-Pa55-word!", ["credential"])).toMatchObject({
      text: expect.stringMatching(/^DB_PASSWORD=\[SECRET_\w{8}\]$/),
      redactions: [{ class: "secret", count: 1, by: "exact" }],
    });
  });

  it("makes one placeholder of hits that overlap", async () => {
    const redactor = createRedactor({ random: seededRandom() });
    const masked = await redactor.maskDetected(`Authorization: Bearer eyJ${fake(20)}.eyJ${fake(30)}.${fake(43)}`, [
      "credential",
    ]);
    expect(masked.text).toMatch(/^Authorization: Bearer \[CREDENTIAL_\w{8}\]$/);
  });
});
