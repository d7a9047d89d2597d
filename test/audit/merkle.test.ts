import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { leafHash, merklePath, merkleRoot, MerkleTree, nodeHash, rootOfPath } from "../../audit/merkle.ts";
import { must } from "./support.ts";

// The leaves and roots of the reference tests of RFC 6962 (certificate-transparency, merkle tree test data).
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => leafHash(Buffer.from(hex, "hex")));
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => leafHash(Buffer.from([index & 255, index >> 8])));
}

describe("MerkleTree", () => {
  test.for(ROOTS.map((root, index) => [index + 1, root] as const))(
    "has the reference root over %i leaves",
    ([size, root]) => {
      expect(Buffer.from(merkleRoot(LEAVES.slice(0, size))).toString("hex")).toBe(root);
    },
  );

  it("has the hash of nothing as the root over no leaf", () => {
    expect(Buffer.from(new MerkleTree().root()).toString("hex")).toBe(createHash("sha256").digest("hex"));
  });

  it("gives the root over any prefix while it grows", () => {
    const tree = new MerkleTree();
    for (const [index, leaf] of LEAVES.entries()) {
      tree.push(leaf);
      expect(tree.size).toBe(index + 1);
      expect(Buffer.from(tree.root()).toString("hex")).toBe(ROOTS[index]);
    }
  });
});

describe("merklePath() and rootOfPath()", () => {
  it("leads from every leaf to the root, for every size", () => {
    for (let size = 1; size <= 40; size++) {
      const all = leaves(size);
      const root = merkleRoot(all);
      for (let index = 0; index < size; index++) {
        const path = merklePath(all, index);
        expect(rootOfPath({ leaf: must(all[index]), index, size, path })).toEqual(root);
      }
    }
  });

  it("leads elsewhere with another index, size, leaf or path", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, at, other) => {
        const all = leaves(size);
        const index = at % size;
        const path = merklePath(all, index);
        const root = Buffer.from(merkleRoot(all)).toString("hex");
        const wrong = [
          { leaf: must(all[index]), index: (index + 1 + other % (size - 1)) % size, size, path },
          { leaf: leafHash(Buffer.from("x")), index, size, path },
          { leaf: must(all[index]), index, size, path: path.slice(1) },
          { leaf: must(all[index]), index, size, path: [...path, must(all[0])] },
          { leaf: must(all[index]), index: size, size, path },
          { leaf: must(all[index]), index: -1, size, path },
        ];
        for (const proof of wrong) {
          const reached = rootOfPath(proof);
          expect(reached === null || Buffer.from(reached).toString("hex") !== root).toBe(true);
        }
      }),
      { seed: 20251120, numRuns: 100 },
    );
  });

  it("keeps leaves and inner nodes apart", () => {
    const [left, right] = leaves(2) as [Uint8Array, Uint8Array];
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(nodeHash(left, right));
  });
});
