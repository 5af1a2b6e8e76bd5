import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

// Login shells without root lack the sbin folders, and non-interactive shells do not always have Homebrew's folder.
const extraFolders = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/opt/homebrew/bin"];

export function which(name) {
  return [...(process.env.PATH ?? "").split(delimiter), ...extraFolders]
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

export const canInstall = () => process.platform === "linux" && process.getuid() === 0 && Boolean(which("apt-get"));
export const canUnpack = () => process.platform === "linux" && Boolean(which("apt-get") && which("dpkg-deb"));

function run(command, args, cwd) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, args, { cwd, env, stdio: "ignore" }).status === 0;
}

// Wait if another installation on the same machine holds dpkg's lock.
const aptGet = (args, cwd) => run("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-qq", ...args], cwd);

/** Installs packages as root. With missing or stale package lists the first try fails: update them and try again. */
export function install(packages) {
  const args = ["install", "-y", "--no-install-recommends", ...packages];
  return aptGet(args) || (aptGet(["update"]) && aptGet(args));
}

/** Unpacks packages into a folder, which needs no root. */
export function unpack(packages, folder) {
  mkdirSync(folder, { recursive: true });
  if (!aptGet(["download", ...packages], folder)) return false;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".deb"))
    .every((name) => run("dpkg-deb", ["-x", name, "."], folder));
}
