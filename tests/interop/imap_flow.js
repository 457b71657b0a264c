// Use a mailbox with three messages as applications do with imapflow, and print what was seen.
const { ImapFlow } = require("imapflow");
const auth = { user: "alice", pass: "alice-pass" };
const port = Number(process.argv[2]);

(async () => {
  const client = new ImapFlow({ host: "localhost", port, secure: process.argv[3] === "tls", auth, logger: false, qresync: true });
  await client.connect();
  console.log([...client.enabled].sort().join(" "));
  const listed = (await client.list()).map((one) => `${one.path} ${one.specialUse}`);
  console.log(listed.sort().join(", "));
  await client.mailboxCreate("Projekte/Übung");
  await client.mailboxRename("Projekte/Übung", "Projekte/Neu");
  const lock = await client.getMailboxLock("INBOX");
  await client.messageFlagsAdd("1", ["\\Flagged"]);
  const wanted = { uid: true, flags: true, envelope: true, bodyStructure: true, internalDate: true, size: true };
  const first = await client.fetchOne("1", wanted);
  const parts = first.bodyStructure.childNodes.length;
  console.log(first.uid, first.envelope.subject, first.bodyStructure.type, parts, [...first.flags].join(" "));
  const part = await client.download("1", "2");
  let text = "";
  for await (const piece of part.content) text += piece;
  console.log(part.meta.contentType, text);
  await client.messageFlagsSet("1", ["\\Seen"]);
  console.log(`unseen ${await client.search({ seen: false })}, subject ${await client.search({ subject: "grüße" })}`);
  const vanished = new Promise((resolve) => client.once("expunge", resolve));
  const moved = await client.messageMove("2", "Projekte/Neu");
  console.log("vanished", (await vanished).uid);
  for (const [from, to] of moved.uidMap) console.log(`moved ${from} to ${to}`);
  for await (const one of client.fetch("1:*", { flags: true }, { changedSince: 4n })) {
    console.log("flags", one.uid, [...one.flags].join(" "));
  }
  lock.release();
  await client.logout();
})().catch((error) => { console.error(error); process.exit(1); });
