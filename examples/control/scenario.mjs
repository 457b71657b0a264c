#!/usr/bin/env node
// Run a whole scenario against a running farm, with Node 18 or later and no library: make a world, have its server fail
// once, act as clients, wait, read the transcript and the findings, close the world. It prints each step and stops at
// the first failed check with exit code 1.
//
//     homeport up &
//     node examples/control/scenario.mjs [URL]
import assert from "node:assert/strict";
import net from "node:net";

const url = process.argv[2] ?? process.env.HOMEPORT_URL ?? "http://127.0.0.1:18000";
const name = `scenario-${process.pid}`;
const world = `/api/v1/worlds/${name}`;

/** Send a request to the API; return its answer, decoded if it is JSON. Any other status than `status` is an error. */
async function api(method, path, body, status = 200) {
  const headers = {};
  if (process.env.HOMEPORT_TOKEN) headers.Authorization = `Bearer ${process.env.HOMEPORT_TOKEN}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const signal = AbortSignal.timeout(20_000);
  const answer = await fetch(url + path, { method, headers, signal, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${path}: ${text}`);
  return /json/.test(answer.headers.get("content-type")) ? JSON.parse(text) : text;
}

/** Act as a Finger client: send a line, return the answer. */
function finger({ host, port }, line) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(port, host, () => socket.write(line));
    socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (data) => (answer += data));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

function passed(step) {
  console.log(`ok: ${step}`);
}

const ready = await api("POST", "/api/v1/worlds", { name, services: ["finger"] }, 201);
try {
  assert.equal(ready.world, name);
  const server = ready.services.finger.tcp;
  passed(`the world is made, with Finger on port ${server.port}`);

  await api("POST", `${world}/faults`, { service: "finger", do: { close: {} }, times: 1 }, 201);
  assert.equal(await finger(server, "alice\r\n"), "");
  const { items: faults } = await api("GET", `${world}/faults`);
  assert.equal(faults[0].acted, 1);
  passed("the fault closed the next connection");
  assert.match(await finger(server, "alice\r\n"), /Alice Liddell/);
  passed("the connection after it is answered");

  const { next, items } = await api("GET", `${world}/events?type=opened`);
  assert.equal(items.length, 2);
  assert.equal(next, null);
  const waiting = api("GET", `${world}/events/wait?type=finding&since=${items[1].seq}&timeout=5s`);
  await finger(server, "alice\n");
  const { timed_out, events } = await waiting;
  assert.equal(timed_out, false);
  assert.equal(events[0].id, "finger.bare-lf");
  const findings = await api("GET", `${world}/findings`);
  assert.equal(findings.counts["finger.bare-lf"], 1);
  passed("a line that ends with LF alone is a finding");

  const connections = await api("GET", `${world}/connections`);
  assert.ok(connections.items.some((one) => one.id === items[1].conn));
  const transcript = await api("GET", `${world}/connections/${items[1].conn}/transcript?format=text`);
  console.log(transcript);
  assert.match(transcript, /C: alice/);
  assert.match(transcript, /Alice Liddell/);
  passed("the transcript has query and answer");
} finally {
  await api("DELETE", world, undefined, 204);
}
await api("GET", world, undefined, 404);
passed("the world is closed");
