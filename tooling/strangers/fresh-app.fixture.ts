import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startProcess } from "@mcp-assistant/testkit/processes";
import type { TestContext } from "vitest";

export type Files = Record<string, string>;

interface Installation {
  packages: string[];
  /** The path of the packed package. */
  archive: string;
  onTestFinished: TestContext["onTestFinished"];
}

/** How long ending a process may take, in ms. */
export const stopTimeout = 60_000;

interface Manifest {
  type?: "module";
  dependencies: string[];
  devDependencies: string[];
}

/** What is no package of the workspace, or of another version than a new app has. */
const versions: Record<string, string> = { "@vitejs/plugin-react": "6.3.0", typescript: "5.9.3" };
const catalog = await readFile(join(import.meta.dirname, "../../pnpm-workspace.yaml"), "utf8");
for (const [, name = "", version = ""] of catalog.matchAll(/^ {2}"?([@\w/-]+)"?: (\d\S+)$/gm))
  versions[name] ??= version;

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const versionsOf = (names: string[]) => Object.fromEntries(names.map((name) => [name, versions[name]]));

/** The parts of what `create-next-app` writes (TypeScript, no Tailwind, no linter) that a build depends on. */
export const freshNext = {
  manifest: {
    dependencies: ["next", "react", "react-dom"],
    devDependencies: ["@types/node", "@types/react", "@types/react-dom", "typescript"],
  } satisfies Manifest,
  files: {
    "next.config.ts": `import type { NextConfig } from "next";

const nextConfig: NextConfig = {};

export default nextConfig;
`,
    "tsconfig.json": json({
      compilerOptions: {
        target: "ES2017",
        lib: ["dom", "dom.iterable", "esnext"],
        allowJs: true,
        skipLibCheck: true,
        strict: true,
        noEmit: true,
        esModuleInterop: true,
        module: "esnext",
        moduleResolution: "bundler",
        resolveJsonModule: true,
        isolatedModules: true,
        jsx: "react-jsx",
        incremental: true,
        plugins: [{ name: "next" }],
        paths: { "@/*": ["./*"] },
      },
      include: ["next-env.d.ts", "**/*.ts", "**/*.tsx", ".next/types/**/*.ts", ".next/dev/types/**/*.ts", "**/*.mts"],
      exclude: ["node_modules"],
    }),
    "app/layout.tsx": `import type { Metadata } from "next";

export const metadata: Metadata = { title: "Create Next App" };

export default function RootLayout({ children }: Readonly<{ children: React.ReactNode }>) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
`,
    "app/page.tsx":
      "export default function Home() {\n  return <main>To get started, edit the page.tsx file.</main>;\n}\n",
  },
};

/** The parts of what `create vite --template react-ts` writes that the development server depends on. */
export const freshVite = {
  manifest: {
    type: "module",
    dependencies: ["react", "react-dom"],
    devDependencies: ["@types/react", "@types/react-dom", "@vitejs/plugin-react", "typescript", "vite"],
  } satisfies Manifest,
  files: {
    "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="UTF-8" />
    <title>my-app</title>
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/src/main.tsx"></script>
  </body>
</html>
`,
    "src/main.tsx": `import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import App from './App.tsx'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
`,
    "src/App.tsx": "function App() {\n  return <h1>Get started</h1>\n}\n\nexport default App\n",
    "vite.config.ts": `import { defineConfig } from 'vite'
import react from '@vitejs/plugin-react'

export default defineConfig({
  plugins: [react()],
})
`,
  },
};

export async function write(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** What a tool and its packages see: a terminal's environment, without what this test run has set. */
export const terminal: Record<string, undefined | string> = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(?:npm|pnpm|vitest|vite|test|mcp|redis)_|^(?:node_env|vitest|test|port)$/i.test(name))
      .map((name) => [name, undefined]),
  ),
  NEXT_TELEMETRY_DISABLED: "1",
};

/** Makes a new app in a folder, and installs the named packages in it, ours from its archive. */
export async function makeApp(
  folder: string,
  { manifest, files }: { manifest: Manifest; files: Files },
  { packages, archive, onTestFinished }: Installation,
): Promise<void> {
  const { dependencies, devDependencies, ...kept } = manifest;
  await write(folder, {
    ...files,
    "package.json": json({
      name: "my-app",
      private: true,
      version: "0.0.0",
      ...kept,
      dependencies: {
        ...versionsOf([...dependencies, ...packages]),
        "@mcp-assistant/mcp-redis": `file:${archive}`,
      },
      devDependencies: versionsOf(devDependencies),
    }),
  });
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = await startProcess({ command: "npm", args, cwd: folder, env: terminal });
  onTestFinished(async () => void (await install.stop()), stopTimeout);
  if ((await install.exited) !== 0) throw new Error(`npm install failed:\n${install.output()}`);
}
