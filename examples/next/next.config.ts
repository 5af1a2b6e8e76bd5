import { join } from "node:path";
import type { NextConfig } from "next";

// Only needed inside this repository: its root is two folders up. A copy for a test is at the same depth.
const root = join(import.meta.dirname, "../..");

const config: NextConfig = { outputFileTracingRoot: root, turbopack: { root } };

export default config;
