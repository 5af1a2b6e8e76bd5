import { afterAll } from "vitest";
import { browser } from "./browser";

// The test files of a worker share its modules, and so this browser. No page of one file stays open during the next.
afterAll(() => Promise.all(browser.contexts().map((context) => context.close())));
