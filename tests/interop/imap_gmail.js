// Use labels as applications do with imapflow, and print what was seen.
const { ImapFlow } = require("imapflow");
const auth = { user: "alice", pass: "alice-pass" };

(async () => {
  const client = new ImapFlow({ host: "localhost", port: Number(process.argv[2]), secure: true, auth, logger: false });
  await client.connect();
  const listed = (await client.list()).map((one) => `${one.path} ${one.specialUse}`);
  console.log(listed.sort().join(", "));
  const lock = await client.getMailboxLock("INBOX");
  await client.messageFlagsAdd("1", ["Übung", "Foo Bar", "\\Important"], { useLabels: true });
  const one = await client.fetchOne("1", { labels: true, threadId: true });
  console.log([...one.labels].sort().join(", "), one.emailId, /^\d+$/.test(one.threadId));
  console.log(`thread ${await client.search({ threadId: one.threadId })}, id ${await client.search({ emailId: one.emailId })}`);
  console.log(`raw ${await client.search({ gmraw: "subject:grüße has:attachment" })}`);
  console.log(`has ${await client.search({ labels: { has: ["Foo Bar"], not: ["other"] } })}`);
  await client.messageFlagsRemove("1", ["Foo Bar"], { useLabels: true });
  console.log([...(await client.fetchOne("1", { labels: true })).labels].sort().join(", "));
  await client.messageDelete("2");
  await client.messageMove("1", "[Gmail]/Trash");
  lock.release();
  console.log(`all mail ${(await client.status("[Gmail]/All Mail", { messages: true })).messages}`);
  await client.logout();
})().catch((error) => { console.error(error); process.exit(1); });
