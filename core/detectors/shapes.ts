import type { ShapeRule } from "./rule.ts";

// Threat: hostile text that makes a pattern slow. Every quantifier is bounded, and a lookbehind lets a run of token
// characters begin a match only once.
/** Shapes of credentials that the recommended rules of secretlint do not know, or know only in part. */
export const SHAPES: readonly ShapeRule[] = [
  shape("jwt", ["eyJ"], /(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{8,8192}\.[\w-]{16,2048}/g),
  shape(
    "stripe",
    ["k_live_", "k_test_", "whsec_"],
    /(?<![A-Za-z0-9])(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/]{24,128})/g,
  ),
  shape("google-api-key", ["AIza"], /(?<![\w-])AIza[\w-]{35}(?![\w-])/g),
  shape("google-oauth", ["ya29.", "GOCSPX-"], /(?<![\w-])(?:ya29\.[\w-]{20,2048}|GOCSPX-[\w-]{28})/g),
  shape("hugging-face", ["hf_", "api_org_"], /(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9]{30,64}(?![A-Za-z0-9])/g),
  shape("telegram", [":AA"], /(?<![\w-])[0-9]{8,10}:AA[\w-]{33}(?![\w-])/g),
  shape(
    "azure-key",
    ["AccountKey=", "SharedAccessKey="],
    /(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{43,86}={1,2})/g,
  ),
  shape("azure-sas", ["sig="], /[?&;]sig=([A-Za-z0-9%+/]{40,128}(?:%3[Dd]|=){0,2})/g),
  shape("azure-client-secret", ["8Q~"], /(?<![\w~.-])[\w~.-]{3}8Q~[\w~.-]{31,34}(?![\w~.-])/g),
  shape(
    "bearer",
    ["earer ", "EARER "],
    /(?<![A-Za-z])(?:[Bb]earer|BEARER)[ \t]{1,4}([A-Za-z0-9._~+/-]{16,4096}={0,2})/g,
    varied,
  ),
  shape(
    "basic-auth",
    ["asic "],
    /[Aa]uthorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?[Bb]asic[ \t]{1,4}([A-Za-z0-9+/]{8,2048}={0,2})/g,
  ),
  shape("digitalocean", ["_v1_"], /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}(?![A-Za-z0-9])/g),
  shape("pypi", ["pypi-"], /(?<![\w-])pypi-[\w-]{50,512}/g),
  shape("age", ["AGE-SECRET-KEY-"], /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{58,2048}/g),
  shape("twilio", ["SK"], /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g),
  shape("mailgun", ["key-"], /(?<![\w-])key-[0-9a-f]{32}(?![\w-])/g),
  shape("discord", ["."], /(?<![\w.-])[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])/g),
  shape("atlassian", ["ATATT3", "ATCTT3"], /(?<![\w-])AT[AC]TT3[\w=-]{60,512}/g),
  shape("sentry", ["sntrys_", "sntryu_"], /(?<![A-Za-z0-9])sntry[su]_[\w+/=-]{40,1024}/g),
  shape("docker-hub", ["dckr_"], /(?<![A-Za-z0-9])dckr_(?:pat|oat)_[\w-]{20,64}/g),
  shape("doppler", ["dp."], /(?<![\w.])dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,64}/g),
  shape("fly", ["FlyV1 ", "fo1_"], /(?<![A-Za-z0-9])(?:FlyV1 fm[12]\w?_[A-Za-z0-9+/=,_-]{40,4096}|fo1_[\w-]{43})/g),
  shape("supabase", ["sbp_", "sb_secret_"], /(?<![A-Za-z0-9])(?:sbp_[a-f0-9]{40}|sb_secret_[\w-]{20,64})/g),
  shape("planetscale", ["pscale_"], /(?<![A-Za-z0-9])pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}/g),
  shape("new-relic", ["NRAK-", "NRII-"], /(?<![A-Za-z0-9-])NR(?:AK|II)-[A-Za-z0-9_-]{27,40}/g),
  shape("square", ["sq0", "EAAA"], /(?<![\w-])(?:sq0[a-z]{3}-[\w-]{22,43}|EAAA[\w-]{60})(?![\w-])/g),
  shape("slack-webhook", ["hooks.slack.com"], /hooks\.slack\.com\/(?:services|workflows|triggers)\/([\w/]{30,128})/g),
  shape(
    "wireguard",
    ["PrivateKey", "PresharedKey"],
    /(?:PrivateKey|PresharedKey)[ \t]{0,4}=[ \t]{0,4}([A-Za-z0-9+/]{43}=)/g,
  ),
  shape("minisign", ["secret key"], /secret key[^\n]{0,200}\r?\n(RW[A-Za-z0-9+/]{100,300}={0,2})/g),
  shape("putty", ["Private-Lines:"], /Private-Lines: [0-9]{1,3}\r?\n((?:[A-Za-z0-9+/=]{1,80}\r?\n){1,150})/g),
];

function shape(
  name: string,
  literals: readonly string[],
  ...rest: [pattern: RegExp, accept?: (secret: string) => boolean]
): ShapeRule {
  const [pattern, accept] = rest;
  return { id: `secret/${name}`, literals, pattern, ...(accept === undefined ? {} : { accept }) };
}

// Tokens mix letters and digits; prose after the word "bearer" does not.
function varied(secret: string): boolean {
  return /[0-9]/.test(secret) && /[A-Za-z]/.test(secret);
}
