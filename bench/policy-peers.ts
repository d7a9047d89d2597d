import { casbinDecider, cedarDecider, type Decider, ourDecider } from "./peers/engines.ts";
import { requestsFor, rulesOf } from "./peers/rules.ts";
import { interleave, median, type Row } from "./support/row.ts";

// The same 512 requests on the same rules, decided by our engine and two that many use; first all three must agree.
const REQUESTS = 512;
/** Ours takes this many passes per sample: one alone is too short for the clock. */
const OUR_PASSES = 20;
/** Before the first sample, as a session is warm long before a decision is noticed; the peers get the agreement pass. */
const WARM_PASSES = 50;
const GOAL = 100;
/** Rules, and how many rounds: few where a pass of a peer takes a second. */
const SIZES = [[10, 60], [100, 20], [1_000, 5]] as const;

/** Measures decisions beside Cedar and casbin; throws where one of them decides otherwise. */
export async function measure(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [count, rounds] of SIZES) {
    const rules = rulesOf(count);
    const requests = requestsFor(rules, REQUESTS);
    const ours = ourDecider(rules)(requests);
    pass(ours, WARM_PASSES);
    // oxlint-disable-next-line no-await-in-loop -- in turn, on purpose
    const casbin = (await casbinDecider(rules))(requests);
    for (const [name, peer] of [["cedar-wasm", cedarDecider(rules)(requests)], ["casbin", casbin]] as const) {
      checkAgreement(requests, ours, { name, questions: peer });
      // oxlint-disable-next-line no-await-in-loop -- in turn, on purpose
      const taken = await interleave(rounds, () => pass(ours, OUR_PASSES), () => pass(peer, 1));
      rows.push(rowOf(count, median(taken.ours), { name, value: median(taken.peer) }));
    }
  }
  return rows;
}

type Questions = ReturnType<Decider>;

/** Speed says nothing if the rules do not mean the same. */
function checkAgreement(
  requests: Parameters<Decider>[0],
  ours: Questions,
  peer: { readonly name: string; readonly questions: Questions },
): void {
  let denied = 0;
  for (const [n, request] of requests.entries()) {
    const [a, b] = [ours[n]?.(), peer.questions[n]?.()];
    if (a === undefined || a !== b) {
      throw new Error(`${peer.name} decides otherwise on ${JSON.stringify(request)}: denied ${b}, by ours ${a}`);
    }
    if (a) denied++;
  }
  if (denied === 0 || denied === requests.length) throw new Error("all requests have the same answer");
}

/** Microseconds for one decision. */
function pass(questions: Questions, passes: number): number {
  const start = performance.now();
  for (let n = 0; n < passes; n++) for (const question of questions) question();
  return (performance.now() - start) * 1_000 / passes / questions.length;
}

function rowOf(count: number, ours: number, peer: NonNullable<Row["peer"]>): Row {
  return {
    name: `decide(), ${count.toLocaleString("en")} rules, ${REQUESTS} requests`,
    ours,
    unit: "us",
    peer,
    goal: `>= ${GOAL}x faster`,
    reached: peer.value >= GOAL * ours,
  };
}
