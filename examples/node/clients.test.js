import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { finger, upload, welcome } from "./clients.js";
import { makeWorld, startFarm } from "./homeport.js";

let farm, world;

before(async () => (farm = await startFarm()));
after(() => farm?.stop());
beforeEach(async () => (world = await makeWorld(farm, ["smtp", "ftp", "finger"])));
afterEach(() => world.close());

test("a mail that is refused once is retried", async () => {
  await world.fail({ service: "smtp", match: { verb: "RCPT" }, do: { reply: { code: 451 } }, times: 1 });
  await welcome(world.at("smtp", "plain"), "bob@example.org");

  const { messages, timed_out } = await world.get("smtp/messages/wait?to=bob@example.org&timeout=5s");
  assert.equal(timed_out, false);
  assert.equal(messages[0].subject, "Welcome");
  const replies = await world.get("events?type=command&text=RCPT");
  assert.deepEqual(replies.items.map((one) => one.code), ["451", "250"]);
});

test("a mail that is refused for good is not retried", async () => {
  await world.fail({ service: "smtp", match: { verb: "RCPT" }, do: { reply: { code: 550 } }, times: 0 });
  await assert.rejects(welcome(world.at("smtp", "plain"), "bob@example.org"), { responseCode: 550 });
  const replies = await world.get("events?type=command&text=RCPT");
  assert.equal(replies.items.length, 1);
});

test("a file arrives whole", async () => {
  await upload(world.at("ftp", "tcp"), "log.txt", "Sailed at dawn.\r\n");
  const { events } = await world.get("events/wait?service=ftp&type=file&timeout=5s");
  assert.equal(events[0].complete, true);
  assert.equal(await world.get("ftp/files/home/alice/log.txt"), "Sailed at dawn.\r\n");
});

test("a line that ends with LF alone is a finding", async () => {
  const server = world.at("finger", "tcp");
  assert.match(await finger(server, "alice"), /Alice Liddell/);
  assert.deepEqual((await world.get("findings")).counts, {});
  await finger(server, "alice", "\n");
  assert.deepEqual((await world.get("findings")).counts, { "finger.bare-lf": 1 });
});
