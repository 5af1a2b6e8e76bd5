import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@mcp-assistant/testkit/ports";
import { startProcess } from "@mcp-assistant/testkit/processes";
import { optionsInWords } from "./app.mjs";
import { expectedFailures } from "./expected-failures.mjs";
import { runReferee } from "./referee.mjs";
import { refusals } from "./refusals.mjs";
import { openTurns } from "./turns.mjs";
import { compareWithBaseline, heedClients, readVerdict, saidBy } from "./verdict.mjs";

const runs = [
  { run: "stable auth", release: "stable", args: ["--suite=auth"] },
  { run: "stable backcompat", release: "stable", args: ["--suite=backcompat"] },
  { run: "stable draft", release: "stable", args: ["--suite=draft"] },
  { run: "alpha auth", release: "alpha", args: ["--suite=auth"] },
  { run: "alpha backcompat", release: "alpha", args: ["--suite=backcompat"] },
  { run: "alpha extensions", release: "alpha", args: ["--suite=extensions"] },
  { run: "2025-11-25", release: "alpha", args: ["--requirements=2025-11-25"] },
  { run: "2026-07-28", release: "alpha", args: ["--requirements=2026-07-28"] },
];

/** How many clients run at once. */
const clientsAtOnce = 2;

/** Runs the referee on the app. Returns how many scenarios passed, and how many had an unexpected outcome. */
export async function runConformance({ redisPort }) {
  for (const line of optionsInWords) console.log(line);
  const clientsFolder = mkdtempSync(join(tmpdir(), "conformance-clients-"));
  const turns = await openTurns(clientsAtOnce);
  const env = {
    CONFORMANCE_REDIS_PORT: String(redisPort),
    CONFORMANCE_ENCRYPTION_KEYS: `run:${randomBytes(32).toString("base64")}`,
    CONFORMANCE_BASE_URL: `http://127.0.0.1:${await freePort()}`,
    CONFORMANCE_CLIENTS_FOLDER: clientsFolder,
    CONFORMANCE_TURNS_PORT: String(turns.port),
  };
  const signIn = await startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, "sign-in-process.mjs")],
    env,
    readyLine: /^ready$/,
  });
  const totals = { passed: 0, failed: 0 };
  try {
    for (const run of runs) {
      const { passed, failed } = await judge(run, env);
      totals.passed += passed;
      totals.failed += failed;
    }
  } finally {
    turns.close();
    await signIn.stop();
    rmSync(clientsFolder, { recursive: true });
  }
  return totals;
}

async function judge({ run, release, args }, env) {
  const startedAt = performance.now();
  const { report, clients } = await runReferee({ release, args, env });
  const { complete, scenarios: judged } = readVerdict(report);
  const scenarios = heedClients({ scenarios: judged, clients, refusals });
  const { passed, expected, unexpected } = compareWithBaseline({ run, scenarios, expectedFailures });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const counts = `${passed.length} pass, ${expected.length} fail as expected, ${unexpected.length} unexpected`;
  console.log(`\n${run} (referee ${release} ${args.join(" ")}): ${counts} (${seconds} s)`);
  for (const { name, reason } of expected) console.log(`  expected   ${name}: ${reason}`);
  for (const { name, details } of unexpected) {
    console.log(`  UNEXPECTED ${name}`);
    for (const line of [...details, ...saidBy(clients, name)]) console.log(`             ${line}`);
  }
  if (!complete) console.log(`  The referee ended early:\n${report}\n${clients}`);
  return { passed: passed.length, failed: unexpected.length + (complete ? 0 : 1) };
}
