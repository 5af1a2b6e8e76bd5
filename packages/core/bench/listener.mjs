// The other process of the storage's bench: hears bare messages and a user's events, each of which is the sender's
// clock (ns), and answers how long they took. The clock is the machine's own, the same in all processes.
import { Redis } from "ioredis";
import { openStorage } from "../test/open-storage.mjs";

const [url, userId] = process.argv.slice(2);
let delays = [];
const hear = (sentAt) => delays.push(Number(process.hrtime.bigint() - BigInt(sentAt)));

const redis = new Redis(url);
redis.on("message", (_channel, message) => hear(message));
await redis.subscribe("bare");
const { hub, sessions } = openStorage(url);
await hub.attach(userId, { entry: ({ event }) => hear(event.message), reset: () => undefined });
hub.begin(userId, (await sessions.list(userId)).tail);

process.on("message", () => {
  process.send(delays);
  delays = [];
});
process.on("disconnect", () => process.exit(0));
process.send("ready");
