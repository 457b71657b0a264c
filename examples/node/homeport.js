// Start a farm for the tests of a file and make a world for each test. Copy this file into your Node project.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The farm at HOMEPORT_URL, or a new one, which ends with its standard input, so at the latest with this process. */
export async function startFarm() {
  if (process.env.HOMEPORT_URL) return { url: process.env.HOMEPORT_URL, stop() {} };
  const farm = spawn("homeport", ["up", "--ephemeral", "--quiet", "--until-eof"], { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(farm, "exit");
  const lines = createInterface(farm.stdout);
  const line = once(lines, "line");
  const [ready] = await Promise.race([line, exit.then(([code]) => Promise.reject(new Error(`homeport: exit ${code}`)))]);
  return {
    url: JSON.parse(ready).control,
    async stop() {
      farm.stdin.end();
      await exit;
    },
  };
}

/** Make a fresh world in that farm. */
export async function makeWorld({ url }, services) {
  const ready = await ask(url, "POST", "/api/v1/worlds", { services });
  const path = `/api/v1/worlds/${ready.world}`;
  return {
    /** The address of a listener, such as `at("smtp", "plain")`. */
    at: (service, listener) => ({ host: new URL(url).hostname, port: ready.services[service][listener].port }),
    get: (what) => ask(url, "GET", `${path}/${what}`),
    fail: (plan) => ask(url, "POST", `${path}/faults`, plan),
    close: () => ask(url, "DELETE", path),
  };
}

async function ask(url, method, path, body) {
  const headers = { "Content-Type": "application/json" };
  if (process.env.HOMEPORT_TOKEN) headers.Authorization = `Bearer ${process.env.HOMEPORT_TOKEN}`;
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
  return /json/.test(answer.headers.get("content-type")) ? JSON.parse(text) : text;
}
