import { parseHost, parseUrl } from "../../../policy/actions/hosts.ts";
import { formatOciReference, parseSource } from "../../../skills/sources/reference.ts";
import { bytesOf, type FuzzTarget, refusal, textOf, violated } from "../target.ts";

/** URLs, hosts and where skills come from. */
export function open(): FuzzTarget {
  return {
    samples: [
      "https://docs.example.com/page?x=1#y",
      "HTTP://[::ffff:127.0.0.1]:8080/",
      "http://0x7f.1/",
      "https://xn--mnchen-3ya.example./a%2fb",
      "[2001:db8::1%25eth0]",
      "oci:127.0.0.1:5000/acme/pdf:1.0.0",
      "./pdf-1.0.0.azs",
    ].map(bytesOf),
    words:
      "http:// https:// oci: @ : / // \\ ? # % %2e [ ] . .. ::1 0x7f 127.0.0.1 017700000001 ⒈ ｅ localhost sha256: ß"
        .split(
          " ",
        ),
    check(input) {
      const text = textOf(input);
      const host = parseHost(text);
      if (host !== null && parseHost(host) !== host) throw violated(`a host has one spelling: ${host}`);
      return `${url(text)}, ${host === null ? "no host" : "host"}, ${source(text)}`;
    },
  };
}

function url(text: string): string {
  try {
    const parsed = parseUrl(text);
    const { hostname, port, protocol } = new URL(parsed.url);
    const again = parseUrl(parsed.url);
    if (again.url !== parsed.url || again.host !== parsed.host || again.port !== parsed.port) {
      throw violated(`what is fetched reads as it was judged: ${parsed.url}`);
    }
    const bare = hostname.replace(/^\[(.*)\]$/, "$1");
    if (bare !== parsed.host) throw violated(`fetched from ${bare}, judged as ${parsed.host}`);
    if (Number(port === "" ? (protocol === "https:" ? 443 : 80) : port) !== parsed.port) throw violated("the port");
    return "ok";
  } catch (cause) {
    return refusal(cause, "PolicyError");
  }
}

function source(text: string): string {
  try {
    const parsed = parseSource(text);
    if (parsed.kind === "path") return "ok path";
    if (parsed.digest !== null && parseSource(formatOciReference(parsed, parsed.digest)).kind !== "oci") {
      throw violated("a reference reads as it was written");
    }
    return "ok oci";
  } catch (cause) {
    return refusal(cause, "SkillsError");
  }
}
