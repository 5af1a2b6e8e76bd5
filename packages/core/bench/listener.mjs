// The second process of the storage bench. It receives bare messages and a user's events, each of which carries the
// sender's clock (ns), and reports how long they took. All processes share the machine's monotonic clock.
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
