import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Action, actionSchema } from "../../src/discover/actions.js";
import type { Agent } from "../../src/discover/agents/agent.js";
import { banditAgent } from "../../src/discover/agents/bandit.js";
import { exhaustiveAgent } from "../../src/discover/agents/exhaustive.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { randomAgent } from "../../src/discover/agents/random.js";
import { applyDecision } from "../../src/discover/apply.js";
import { decode } from "../../src/discover/canonical.js";
import type { Evaluate } from "../../src/discover/evaluate.js";
import {
  isMark,
  type JournalEvent,
  memoryStore,
  openJournal,
  readJournal,
} from "../../src/discover/journal.js";
import { type DiscoverSetup, discover } from "../../src/discover/loop.js";
import type { Observation } from "../../src/discover/observation.js";
import { forecast, pinOf, pinRefusal } from "../../src/discover/pins.js";
import { renderObservation } from "../../src/discover/render.js";
import { replay } from "../../src/discover/replay.js";
import { createRun, viewRun } from "../../src/discover/run.js";
import { openSession } from "../../src/discover/session.js";
import {
  type GivenCommand,
  type Steered,
  type Steering,
  type SteeringCommand,
  type SteeringPlace,
  steeringCommandSchema,
} from "../../src/discover/steering.js";
import { noUsage } from "../../src/discover/usage.js";
import {
  catalog,
  fakeClock,
  hastyClock,
  plainTruth,
  scarTruth,
  scripted,
  scriptedAgent,
  setupOf,
  summary,
} from "./fixtures.js";

type Said = readonly [SteeringPlace["step"], SteeringPlace["place"], SteeringCommand];

/** A person who says each thing at its place. */
const person = (said: readonly Said[]): Steering => ({
  take: async (after, { step, place }) =>
    said
      .map(([at, where, command], k) => ({ at, where, number: k + 1, command }))
      .filter(({ at, where, number }) => number > after && at === step && where === place)
      .map(({ number, command }): GivenCommand => ({ number, command })),
});

interface Wanted extends Partial<DiscoverSetup> {
  readonly said?: readonly Said[];
  readonly text?: Uint8Array | string;
}

async function steered({ said = [], text = "", ...wanted }: Wanted) {
  const store = memoryStore(text);
  const seen: Observation[] = [];
  const agent = wanted.agent ?? expertAgent();
  const watched: Agent = {
    ...agent,
    decide: (observation, ...rest) => {
      seen.push(observation);
      return agent.decide(observation, ...rest);
    },
  };
  const outcome = await discover(
    await setupOf({
      steering: person(said),
      evaluate: scripted(plainTruth),
      ...wanted,
      agent: watched,
      journal: await openJournal(store),
    }),
  );
  const { events } = await readJournal(store);
  return { outcome, events, seen, bytes: store.bytes() };
}

const decision = (...actions: Action[]) => ({ thought: "try it", actions });
const tryReaction = (reaction: string) => decision({ action: "set_reaction", reaction });
const effort = decision({ action: "set_fit", fit: { starts: 2 } });

const chained = (events: readonly JournalEvent[]) =>
  events.filter(({ type }) => !isMark(type)).map(({ type, data, hash }) => ({ type, data, hash }));
const ofType = <T>(events: readonly JournalEvent[], type: JournalEvent["type"]): T[] =>
  events.filter((event) => event.type === type).map((event) => decode(event.data) as T);
const refusals = (events: readonly JournalEvent[]) =>
  ofType<{ step: number; reason: string; vetoed?: boolean }>(events, "refused");
const reactions = (events: readonly JournalEvent[]) =>
  ofType<{ result: { spec: { reaction: { name: string } } } }>(events, "candidate-finished").map(
    ({ result }) => result.spec.reaction.name,
  );

describe("veto", () => {
  const agent = scriptedAgent([tryReaction("bishop"), tryReaction("knight"), effort]);

  test("the action at hand is refused, costs nothing, and is told for the rest of the run", async () => {
    const said: Said[] = [[0, "decision", { command: "veto", reason: "not that one" }]];
    const { events, seen, outcome } = await steered({ agent, said });
    expect(refusals(events)).toEqual([
      {
        step: 0,
        reason: "vetoed by the person who steers this run: not that one",
        vetoed: true,
      },
    ]);
    expect(reactions(events)).toEqual(["knight", "knight"]);
    expect(seen[0].steering).toBeUndefined();
    expect(seen.at(-1)?.steering?.vetoed.map(({ step }) => step)).toEqual([0]);
    // The agent is not stuck, so its own refusals do not grow.
    expect(seen[1].refused).toEqual([]);
    expect(outcome.stop.detail).toBe("script ends");
  });

  test("given before a decision, it waits for one that would take effect", async () => {
    const said: Said[] = [[0, "step", { command: "veto" }]];
    const bad = scriptedAgent([
      tryReaction("nobody"),
      tryReaction("bishop"),
      tryReaction("knight"),
    ]);
    const { events } = await steered({ agent: bad, said });
    expect(refusals(events).map(({ step, vetoed }) => [step, vetoed ?? false])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(reactions(events)).toEqual(["knight"]);
  });

  test("a stop can be vetoed, and the expert finds something else or stops again", async () => {
    const plain = await steered({});
    const last = plain.seen.length - 1;
    const { events, outcome } = await steered({ said: [[last, "decision", { command: "veto" }]] });
    expect(refusals(events)).toHaveLength(1);
    expect(outcome.status).toBe("finished");
    expect(outcome.stop.code).toBe("agent");
    expect(events.filter(({ type }) => type === "decided").length).toBeGreaterThan(last + 1);
  });

  test("the expert does not come back to what was vetoed", async () => {
    const { events } = await steered({ said: [[1, "decision", { command: "veto" }]] });
    const texts = ofType<{ actions: unknown }>(events, "decided").map(({ actions }) =>
      JSON.stringify(actions),
    );
    expect(refusals(events)).toHaveLength(1);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("a fit in progress is given up, and the journal is the one of a veto before the fit", async () => {
    const clock = fakeClock();
    const given: SteeringPlace[] = [];
    const steering: Steering = {
      take: async (after, at) => {
        given.push(at);
        const begun = given.some(({ place }) => place === "fit");
        return begun && after === 0 ? [{ number: 1, command: { command: "veto" } }] : [];
      },
    };
    let fits = 0;
    const evaluate: Evaluate = (spec, context) => {
      if (fits++ > 0) return scripted(plainTruth)(spec, context);
      return new Promise((_, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason));
        clock.advance(500);
      });
    };
    const during = await steered({ agent, steering, evaluate, clock });
    const before = await steered({ agent, said: [[0, "decision", { command: "veto" }]] });
    expect(given.map(({ place }) => place)).toContain("fit");
    expect(chained(during.events)).toEqual(chained(before.events));
    expect(fits).toBe(3);
    expect(ofType(during.events, "candidate-finished")).toHaveLength(2);
  });

  test("the same actions to the same structure are refused for the whole run", async () => {
    const said: Said[] = [[0, "decision", { command: "veto" }]];
    const bishop = tryReaction("bishop");
    const stubborn = scriptedAgent([bishop, bishop, tryReaction("knight"), { ...bishop, from: 0 }]);
    const { events } = await steered({ agent: stubborn, said });
    const again = "the person who steers this run vetoed the same at step 0.";
    expect(refusals(events).map(({ step, vetoed, reason }) => [step, vetoed, reason])).toEqual([
      [0, true, "vetoed by the person who steers this run."],
      [1, undefined, again],
      [3, undefined, again],
    ]);
    expect(reactions(events)).toEqual(["knight"]);
  });

  test("the bandit does not come back to what was vetoed", async () => {
    const budget = { evaluations: 40, seconds: 36_000 };
    const { events } = await steered({
      ...{ agent: banditAgent(), budget, said: [[2, "decision", { command: "veto" }]] },
    });
    expect(refusals(events).map(({ step, vetoed }) => [step, vetoed])).toEqual([[2, true]]);
    const wanted = ofType<{ actions: unknown }>(events, "decided").map(({ actions }) =>
      JSON.stringify(actions),
    );
    expect(new Set(wanted).size).toBe(wanted.length);
  });

  test.each([
    ["pin and veto", ["pin", "veto"], { step: 1, vetoed: true }],
    ["veto and pin", ["veto", "pin"], { step: 1, vetoed: true }],
    ["budget and pin", ["budget", "pin"], { step: 1, reason: /is pinned/ }],
    ["budget, pin and veto", ["budget", "pin", "veto"], { step: 1, vetoed: true }],
  ] as const)("%s during one fit: resumed after every event, the run is the same", async (_, said, refused) => {
    const commands: Record<string, SteeringCommand> = {
      pin: { command: "pin", component: "reaction" },
      veto: { command: "veto" },
      budget: { command: "budget", seconds: 5000 },
    };
    const given = said.map((name, k) => ({ number: k + 1, command: commands[name] }));
    const budget = { evaluations: 9, seconds: 100 };
    const begun = async (text: Uint8Array | string = "") => {
      const clock = fakeClock();
      let fitting = false;
      const steering: Steering = {
        take: async (after) =>
          fitting || text ? given.filter(({ number }) => number > after) : [],
      };
      const evaluate: Evaluate = async (spec, context) => {
        if (fitting || spec.reaction.name !== "bishop") return scripted(plainTruth)(spec, context);
        fitting = true;
        clock.advance((said as readonly string[]).includes("veto") ? 500 : 200_000);
        return new Promise((_resolve, reject) => {
          context.signal.addEventListener("abort", () => reject(context.signal.reason));
        });
      };
      // The deadline counts only when there is a twin to return.
      const late = scriptedAgent([effort, tryReaction("bishop"), tryReaction("knight")]);
      return steered({ agent: late, budget, steering, evaluate, clock, text });
    };
    const whole = await begun();
    expect(ofType<Steered>(whole.events, "steered").map(({ command }) => command.command)).toEqual(
      said,
    );
    const [told] = refusals(whole.events);
    expect(told).toMatchObject({ step: refused.step });
    if ("vetoed" in refused) expect(told.vetoed).toBe(true);
    else expect(told.reason).toMatch(refused.reason);
    const lines = new TextDecoder().decode(whole.bytes).split("\n").slice(0, -1);
    const cutAt = whole.events.findIndex(({ type }) => type === "steered");
    for (let kept = cutAt; kept <= lines.length; kept++) {
      const text = lines.slice(0, kept).join("\n").concat("\n");
      const again = await begun(text);
      expect(chained(again.events), `after ${kept} events`).toEqual(chained(whole.events));
    }
  });

  test("Ctrl-C during a fit stays Ctrl-C", async () => {
    const stop = new AbortController();
    const evaluate: Evaluate = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        stop.abort(new Error("Ctrl-C"));
      });
    const { outcome, events } = await steered({ agent, evaluate, signal: stop.signal });
    expect(outcome.status).toBe("interrupted");
    expect(events.at(-1)?.type).toBe("interrupted");
  });
});

describe("pause", () => {
  test("the run waits until it is told to go on, and the wait is no work", async () => {
    const clock = fakeClock();
    const began_ms = clock.now_ms();
    let looks = 0;
    // A minute passes whenever somebody has begun to wait.
    const time = setInterval(() => {
      if (clock.waits.length > looks) clock.advance(60_000);
    }, 1);
    const steering: Steering = {
      take: async (after) => {
        if (after > 1) return [];
        if (after === 0) return [{ number: 1, command: { command: "pause" } }];
        looks++;
        if (looks === 4) clearInterval(time);
        return looks < 4 ? [] : [{ number: 2, command: { command: "resume" } }];
      },
    };
    const { outcome, events } = await steered({ agent: scriptedAgent([effort]), steering, clock });
    expect(ofType<Steered>(events, "steered").map(({ outcome }) => outcome)).toEqual([
      "paused",
      "resumed",
    ]);
    expect(looks).toBe(4);
    expect(clock.now_ms() - began_ms).toBe(4 * 60_000);
    expect(outcome.elapsed_s).toBe(0);
    expect(outcome.status).toBe("finished");
  });

  test("killed while it is paused, it comes back paused", async () => {
    const stop = new AbortController();
    const clock = { ...hastyClock(), wait: async () => stop.abort(new Error("Ctrl-C")) };
    const said: Said[] = [[0, "step", { command: "pause" }]];
    const first = await steered({
      agent: scriptedAgent([effort]),
      said,
      clock,
      signal: stop.signal,
    });
    expect(first.outcome.status).toBe("interrupted");
    expect(ofType(first.events, "observed")).toEqual([]);

    const more: Said[] = [...said, [0, "step", { command: "resume" }]];
    const second = await steered({ agent: scriptedAgent([effort]), said: more, text: first.bytes });
    expect(second.outcome.status).toBe("finished");
    expect(ofType<Steered>(second.events, "steered").map(({ number }) => number)).toEqual([1, 2]);
  });
});

describe("pins", () => {
  test("decisions that would change a pinned part are refused with the reason, until it is unpinned", async () => {
    const agent = scriptedAgent([
      tryReaction("knight"),
      tryReaction("rook"),
      decision(
        { action: "set_reaction", reaction: "rook" },
        { action: "set_reaction", reaction: "knight" },
        { action: "set_fit", fit: { starts: 3 } },
      ),
      tryReaction("rook"),
    ]);
    const said: Said[] = [
      [1, "decision", { command: "pin", component: "reaction" }],
      [3, "step", { command: "unpin", component: "reaction" }],
    ];
    const { events, seen } = await steered({ agent, said });
    expect(refusals(events)).toEqual([
      {
        step: 1,
        reason:
          "reaction = knight is pinned by the person who steers this run, and this would make it rook.",
      },
    ]);
    expect(reactions(events)).toEqual(["knight", "knight", "rook"]);
    expect(seen[2].steering?.pins).toEqual([{ component: "reaction", value: "knight" }]);
    expect(seen[3].steering).toBeUndefined();
  });

  test("one option, the whole observation model, and a candidate by its number", async () => {
    const map = (smoothness: number) =>
      decision({ action: "select_diffusion", diffusion: "map", options: { smoothness } });
    const agent = scriptedAgent([
      map(1e-5),
      map(1e-6),
      map(1e-4),
      decision({ action: "select_diffusion", diffusion: "tissue" }),
      decision({ action: "set_observation", observation: { timingShift: true } }),
    ]);
    const said: Said[] = [
      [2, "step", { command: "pin", component: "option", option: "smoothness", candidate: 0 }],
      [4, "step", { command: "pin", component: "observation" }],
    ];
    const { events } = await steered({ agent, said });
    expect(
      refusals(events).map(({ step, reason }) => [step, reason.split(" is pinned")[0]]),
    ).toEqual([
      [2, "option smoothness = 0.00001"],
      [4, expect.stringMatching(/^observation = \{/)],
    ]);
    // An entry without the option has nothing that could differ.
    expect(ofType(events, "candidate-finished")).toHaveLength(3);
  });

  test.each([
    ["expert", expertAgent()],
    ["exhaustive", exhaustiveAgent()],
    ["random", randomAgent()],
  ] as const)("%s proposes nothing that a pin refuses", async (_, agent) => {
    const said: Said[] = [[2, "step", { command: "pin", component: "reaction", candidate: 0 }]];
    const budget = { evaluations: 12, seconds: 3600 };
    const { events, outcome } = await steered({
      agent,
      said,
      budget,
      evaluate: scripted(scarTruth),
    });
    const names = reactions(events);
    expect(names.length).toBeGreaterThan(3);
    expect(new Set(names.slice(2))).toEqual(new Set([names[0]]));
    expect(refusals(events).filter(({ reason }) => /pinned/.test(reason))).toEqual([]);
    expect(outcome.status).toBe("finished");
  });

  test("the expert judges among what agrees with the pins, and begins with what is pinned", async () => {
    const said: Said[] = [
      [0, "step", { command: "pin", component: "reaction" }],
      [0, "step", { command: "pin", component: "diffusion" }],
    ];
    const initialSpec = {
      ...(await setupOf({ agent: expertAgent(), evaluate: scripted(plainTruth) })).initialSpec,
      diffusion: { name: "mean", options: {} },
    };
    const { events, outcome } = await steered({ said, initialSpec });
    const specs = ofType<{ result: { spec: { diffusion: { name: string } } } }>(
      events,
      "candidate-finished",
    );
    expect(specs.length).toBeGreaterThan(0);
    expect(new Set(specs.map(({ result }) => result.spec.diffusion.name))).toEqual(
      new Set(["mean"]),
    );
    expect(refusals(events)).toEqual([]);
    expect(outcome.stop.detail).toMatch(
      /^All that is left to try would change what is pinned \(reaction = rook; diffusion = mean\)\./,
    );
  });

  const anyAction = fc.oneof(
    fc.record({
      action: fc.constant("set_reaction" as const),
      reaction: fc.constantFrom("rook", "bishop", "knight"),
    }),
    fc.record({
      action: fc.constant("select_diffusion" as const),
      diffusion: fc.constantFrom("tissue", "map", "net", "mean"),
    }),
    fc.record({
      action: fc.constantFrom("refine_diffusion" as const, "simplify_diffusion" as const),
      option: fc.option(fc.constantFrom("hidden", "skip", "smoothness"), { nil: undefined }),
    }),
    fc.record({
      action: fc.constant("modify_diffusion" as const),
      option: fc.constantFrom("hidden", "smoothness"),
      value: fc.constantFrom<number>(2, 8, 1e-4),
    }),
    fc.record({
      action: fc.constant("set_observation" as const),
      observation: fc.record({ timingShift: fc.boolean(), mask: fc.constant([3, 1, 3]) }),
    }),
    fc.record({ action: fc.constant("set_stimulus_model" as const), sites: fc.nat(9) }),
    fc.constant({ action: "set_fit" as const, fit: { starts: 3 } }),
  );

  test("what agents foresee of a decision is what the rules make of it", async () => {
    const patient = { ...summary, unknownStimuli: true };
    const setup = await setupOf({
      agent: expertAgent(),
      evaluate: scripted(plainTruth),
      case: patient,
    });
    const run = createRun({ ...setup, agentName: "nobody" });
    const observation = viewRun(run);
    const context = { catalog, view: run.view, case: patient, evaluated: new Map() };
    let agreed = 0;
    fc.assert(
      fc.property(fc.array(anyAction, { minLength: 1, maxLength: 6 }), (list) => {
        const actions = list.flatMap((action) => {
          const parsed = actionSchema.safeParse(action);
          return parsed.success ? [parsed.data] : [];
        });
        const asked = { thought: "any", actions };
        const applied = applyDecision(context, run.current.spec, asked);
        if (!applied.ok) return;
        agreed++;
        const foreseen = forecast(observation, asked)!;
        for (const component of ["reaction", "diffusion", "observation", "stimulus"] as const) {
          const pin = pinOf({ component }, applied.spec);
          if (typeof pin === "string") throw new Error(pin);
          expect(pinRefusal([pin], foreseen)).toBeUndefined();
        }
        expect(foreseen.diffusion).toEqual(applied.spec.diffusion);
      }),
      { numRuns: 400 },
    );
    expect(agreed).toBeGreaterThan(100);
  });
});

describe("hints and budgets", () => {
  test("every agent is shown a hint; a language model reads it as the operator's words", async () => {
    const said: Said[] = [
      [1, "step", { command: "hint", text: 'look at the apex\n## Now\nignore "that"' }],
      [1, "step", { command: "pin", component: "reaction" }],
    ];
    const { seen } = await steered({ agent: scriptedAgent([effort, tryReaction("knight")]), said });
    expect(seen[0].steering).toBeUndefined();
    expect(seen[2].steering?.hints).toEqual([
      { step: 1, text: 'look at the apex\n## Now\nignore "that"' },
    ]);
    const text = renderObservation(seen[2]);
    expect(text).toContain(
      '\noperator says (step 1): look at the apex ## Now ignore "that"\noperator has pinned reaction = rook',
    );
    expect(text.match(/^## Now$/gm)).toHaveLength(1);
    expect(renderObservation(seen[0])).not.toContain("operator");
  });

  test("more evaluations, fewer evaluations, and no more than were spent", async () => {
    const budget = { evaluations: 2, seconds: 3600 };
    const agent = randomAgent();
    const plain = await steered({ agent, budget });
    expect(plain.outcome.archive).toHaveLength(2);
    const more: Said[] = [[1, "step", { command: "budget", evaluations: 5 }]];
    const longer = await steered({ agent, budget, said: more });
    expect(longer.outcome.archive).toHaveLength(5);
    expect(longer.seen.map((o) => o.budget.evaluationsLeft)).toEqual([2, 4, 3, 2, 1]);
    const fewer: Said[] = [[3, "step", { command: "budget", evaluations: 1 }]];
    const shorter = await steered({ agent, budget: { ...budget, evaluations: 9 }, said: fewer });
    expect(shorter.outcome.archive).toHaveLength(3);
    expect(shorter.outcome.stop).toEqual({
      code: "evaluations",
      detail: "all 1 evaluations are spent",
    });
  });

  test("tokens and dollars of a language model", async () => {
    const said: Said[] = [
      [1, "step", { command: "budget", tokens: 900, usd: 2.5 }],
      [2, "step", { command: "budget", tokens: 30 }],
    ];
    const usage = { inputTokens: 20, outputTokens: 5, usd: 0.5 };
    const spent = { ...noUsage, ...usage, requests: 1 };
    const plain = scriptedAgent([tryReaction("bishop"), tryReaction("knight"), effort]);
    const agent: Agent = {
      ...plain,
      decide: async (...seen) => ({ ...(await plain.decide(...seen)), usage: spent }),
    };
    const { seen, events, outcome } = await steered({ agent, said });
    expect(seen.map(({ budget: { tokensLeft, usdLeft } }) => [tokensLeft, usdLeft])).toEqual([
      [undefined, undefined],
      [875, 2],
    ]);
    expect(ofType<Steered>(events, "steered").map((event) => event.outcome)).toEqual([
      "the budget is 30 evaluations, 3600 s, 900 tokens, 2.5 USD",
      "the budget is 30 evaluations, 3600 s, 30 tokens, 2.5 USD",
    ]);
    expect(outcome.stop).toEqual({ code: "tokens", detail: "all 30 tokens are spent" });
  });

  test("more seconds while the last ones run out save the fit", async () => {
    const clock = fakeClock();
    const said: Said[] = [[1, "decision", { command: "budget", seconds: 500 }]];
    const inTime = person(said);
    let late = false;
    const steering: Steering = {
      take: async (after, at) => (late ? inTime.take(after, at) : []),
    };
    const evaluate: Evaluate = async (spec, context) => {
      clock.advance(60_000);
      if (spec.reaction.name === "knight" && !late) {
        late = true;
        clock.advance(60_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return scripted(plainTruth)(spec, context);
    };
    const { outcome } = await steered({
      ...{
        agent: scriptedAgent([effort, tryReaction("knight")]),
        budget: { evaluations: 9, seconds: 100 },
      },
      ...{ clock, steering, evaluate },
    });
    expect(late).toBe(true);
    expect(outcome.archive).toHaveLength(2);
    expect(outcome.stop.detail).toBe("script ends");
  });
});

test("a session that is driven from outside is steered as well, by a new process each time", async () => {
  const store = memoryStore();
  const said: Said[] = [
    [0, "step", { command: "hint", text: "the apex" }],
    [0, "decision", { command: "veto" }],
    [1, "step", { command: "pin", component: "reaction" }],
    [3, "step", { command: "budget", evaluations: 1 }],
  ];
  const open = async () => {
    const { agent: _, ...setup } = await setupOf({
      ...{ agent: scriptedAgent([]), evaluate: scripted(plainTruth), steering: person(said) },
      journal: await openJournal(store),
    });
    return openSession({ ...setup, agentName: "session" });
  };
  expect((await (await open()).observe()).steering?.hints).toHaveLength(1);
  const acts = [tryReaction("bishop"), tryReaction("knight"), effort, effort];
  const kinds: string[] = [];
  for (const act of acts) kinds.push((await (await open()).act(act)).kind);
  expect(kinds).toEqual(["refused", "refused", "evaluated", "stopped"]);
  const { events } = await readJournal(store);
  expect(refusals(events).map(({ reason }) => reason.split(" by the person")[0])).toEqual([
    "vetoed",
    "reaction = rook is pinned",
  ]);
  expect((await open()).outcome()?.stop.code).toBe("evaluations");
});

test("a look at a paused session does not wait and is no event; an act waits, and goes on", async () => {
  const store = memoryStore();
  const said: Said[] = [[0, "step", { command: "pause" }]];
  const clock = fakeClock();
  const open = async (signal?: AbortSignal) => {
    const { agent: _, ...setup } = await setupOf({
      ...{ agent: scriptedAgent([]), evaluate: scripted(plainTruth), steering: person(said) },
      ...{ clock, journal: await openJournal(store), ...(signal ? { signal } : {}) },
    });
    return openSession({ ...setup, agentName: "session" });
  };
  const looking = await open();
  expect((await looking.observe()).step).toBe(0);
  expect([looking.paused(), looking.due()]).toEqual([true, null]);
  const types = async () => (await readJournal(store)).events.map(({ type }) => type);
  expect(await types()).toEqual(["run-started", "steered"]);

  const stop = new AbortController();
  const cut = await open(stop.signal);
  expect(cut.paused()).toBe(true);
  const waiting = cut.act(effort).catch((error: Error) => error.message);
  while (clock.waits.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort(new Error("Ctrl-C"));
  clock.advance(500);
  expect(await waiting).toBe("Ctrl-C");
  expect(await types()).toEqual(["run-started", "steered"]);

  const acting = (await open()).act(effort);
  said.push([0, "step", { command: "resume" }]);
  const time = setInterval(() => clock.advance(500), 1);
  expect((await acting).kind).toBe("evaluated");
  clearInterval(time);
  expect((await open()).paused()).toBe(false);
  expect((await types()).slice(0, 5)).toEqual([
    ...["run-started", "steered", "steered", "observed", "decided"],
  ]);
});

describe("the journal of a steered run", () => {
  const everything: Said[] = [
    [0, "step", { command: "hint", text: "begin at the apex" }],
    [1, "decision", { command: "veto" }],
    [2, "step", { command: "pin", component: "diffusion" }],
    [2, "step", { command: "pin", component: "option", option: "nothing" }],
    [3, "decision", { command: "pause" }],
    [3, "decision", { command: "resume" }],
    [4, "step", { command: "budget", evaluations: 7 }],
    [5, "decision", { command: "unpin", component: "diffusion" }],
    [5, "decision", { command: "unpin", component: "observation" }],
  ];
  const whole = () => steered({ said: everything, evaluate: scripted(scarTruth) });

  test("steering that says nothing leaves no trace", async () => {
    const silent = await steered({ said: [] });
    const alone = await steered({ steering: undefined });
    expect(chained(silent.events)).toEqual(chained(alone.events));
  });

  test("every command is one event, and says when it has no effect", async () => {
    const { events } = await whole();
    expect(
      ofType<Steered>(events, "steered").map(({ number, outcome }) => [number, outcome]),
    ).toEqual([
      [1, "told to the agent"],
      [2, "the action at hand, or else the next one, is vetoed"],
      [3, "pinned: diffusion = tissue"],
      [4, 'no effect: tissue has no option "nothing"; it has none'],
      [5, "paused"],
      [6, "resumed"],
      [7, "the budget is 7 evaluations, 3600 s"],
      [8, "unpinned: diffusion"],
      [9, "no effect: observation is not pinned"],
    ]);
  });

  test("killed at every event boundary, each command is taken once and the end is the same", async () => {
    const { bytes, outcome, events } = await whole();
    const lines = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
    for (let kept = 0; kept <= lines.length; kept++) {
      const text = lines
        .slice(0, kept)
        .map((line) => `${line}\n`)
        .join("");
      const again = await steered({ said: everything, evaluate: scripted(scarTruth), text });
      expect(again.outcome.fingerprint, `after ${kept} events`).toBe(outcome.fingerprint);
      expect(chained(again.events)).toEqual(chained(events));
    }
  });

  test("a replay repeats it bit for bit without anybody steering", async () => {
    const { events } = await whole();
    const again = await replay(events, {
      case: summary,
      catalog,
      evaluate: scripted(scarTruth),
    });
    expect(again.candidates).toHaveLength(7);
    expect(again.identical).toBe(true);
  });

  test("what is no command is not one", () => {
    const bad = [
      ...["pause", null, { command: "fly" }, { command: "pause", seconds: 3 }],
      ...[{ command: "budget" }, { command: "budget", evaluations: 0 }],
      ...[
        { command: "pin", component: "option" },
        { command: "hint", text: " " },
      ],
      { command: "pin", component: "reaction", option: "smoothness" },
    ];
    for (const value of bad)
      expect(steeringCommandSchema.safeParse(value).success, JSON.stringify(value)).toBe(false);
  });
});
