import { isIP } from "node:net";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyAddress, isPublicAddress } from "../../../policy/actions/address-class.ts";
import { cidrContains, formatAddress, parseAddress, parseCidr } from "../../../policy/actions/addresses.ts";

function canonical(text: string): string | null {
  const bytes = parseAddress(text);
  return bytes === null ? null : formatAddress(bytes);
}

describe("parseAddress() and formatAddress()", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:0DB8:0000:0000:0008:0800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::ffff:102:304", "1.2.3.4"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ])("reads %s as %s", (text, expected) => expect(canonical(text)).toBe(expected));

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    "0x7f.0.0.1",
    "1.2.3.4 ",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1::2::3",
    "::12345",
    "::1.2.3",
    "::1%eth0",
    "[::1]",
    "1:2:3:4:5:6:7:8:9",
    "1.2.3.4::",
    "1:2:3:4:5:6:7::8:9",
  ])(
    "refuses %j",
    (text) => expect(parseAddress(text)).toBeNull(),
  );

  it("agrees with the platform about what is an address, and keeps the meaning", () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdef:.".split("")), maxLength: 24 }),
    );
    const { counterexample } = fc.check(
      fc.property(text, (input) => {
        const bytes = parseAddress(input);
        if (bytes === null) return isIP(input) === 0;
        const again = formatAddress(bytes);
        const same = bytes.length === 4 || `[${again}]` === new URL(`http://[${input}]/`).hostname;
        return isIP(input) !== 0 && same && parseAddress(again)?.join() === bytes.join();
      }),
      { numRuns: 3000, seed: 13 },
    );
    expect(counterexample).toBeNull();
  });
});

describe("parseCidr() and cidrContains()", () => {
  it.each([
    ["10.0.0.0/8", "10.255.1.2", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["0.0.0.0/0", "::1", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7/32", "192.0.2.6", false],
    ["fe80::/10", "febf::1", true],
    ["fe80::/10", "fec0::1", false],
    ["10.0.0.0/8", "::ffff:10.1.1.1", true],
  ])("%s contains %s: %s", (block, address, expected) => {
    const cidr = parseCidr(block);
    const bytes = parseAddress(address);
    expect(cidr !== null && bytes !== null && cidrContains(cidr, bytes)).toBe(expected);
  });

  it.each([
    "",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.1/8",
    "10.0.0.0/",
    "10/8",
    "::/129",
    "a/8",
    "fe80::1/10",
    "1.2.3.4/8/8",
  ])(
    "refuses %j",
    (text) => expect(parseCidr(text)).toBeNull(),
  );
});

describe("classifyAddress()", () => {
  it.each([
    ["8.8.8.8", "public"],
    ["2606:4700:4700::1111", "public"],
    ["127.0.0.53", "loopback"],
    ["::1", "loopback"],
    ["10.1.2.3", "private"],
    ["172.31.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["fd12::1", "private"],
    ["169.254.1.1", "link-local"],
    ["fe80::1", "link-local"],
    ["169.254.169.254", "metadata"],
    ["168.63.129.16", "metadata"],
    ["100.100.100.200", "metadata"],
    ["fd00:ec2::254", "metadata"],
    ["::ffff:169.254.169.254", "metadata"],
    ["64:ff9b::169.254.169.254", "metadata"],
    ["2002:a9fe:a9fe::1", "metadata"],
    ["::169.254.169.254", "metadata"],
    ["64:ff9b::10.0.0.1", "private"],
    ["64:ff9b::8.8.8.8", "special"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "special"],
    ["0.0.0.0", "special"],
    ["0.1.2.3", "special"],
    ["::", "special"],
    ["224.0.0.1", "special"],
    ["255.255.255.255", "special"],
    ["192.0.2.1", "special"],
    ["198.18.0.1", "special"],
    ["ff02::1", "special"],
    ["2001:db8::1", "special"],
    ["3fff::1", "special"],
    ["100::1", "special"],
    ["5f00::1", "special"],
    ["fec0::1", "special"],
    ["4000::1", "special"],
    ["localhost", "invalid"],
    ["127.1", "invalid"],
  ])("%s is %s", (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
    expect(isPublicAddress(address)).toBe(expected === "public");
  });

  it("says the same of an address and of its mapped form", () => {
    const { counterexample } = fc.check(
      fc.property(fc.ipV4(), (address) => classifyAddress(`::ffff:${address}`) === classifyAddress(address)),
      { numRuns: 500, seed: 14 },
    );
    expect(counterexample).toBeNull();
  });
});
