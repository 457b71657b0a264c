// Open INBOX with imapflow and use it in one way, which a fault meets; print what the application was told.
const { ImapFlow } = require("imapflow");
const [port, way] = [Number(process.argv[2]), process.argv[3]];
const auth = { user: process.argv[4] ?? "alice", pass: "alice-pass" };
const client = new ImapFlow({ host: "localhost", port, secure: true, auth, logger: false, socketTimeout: 20000 });
client.on("error", (error) => console.log(`error ${error.code}`));
client.on("exists", (told) => console.log(`exists ${told.prevCount} ${told.count}`));
client.on("expunge", (told) => console.log(`expunge ${told.seq}`));

const ways = {
  open: () => console.log(`uidvalidity ${client.mailbox.uidValidity}`),
  uids: async () => {
    for await (const one of client.fetch("1:*", { flags: true }, { uid: true })) console.log(`message ${one.seq} uid ${one.uid}`);
  },
  read: async () => {
    const one = await client.fetchOne("1", { source: true });
    console.log(one?.source ? `read ${one.source.length}` : `read ${one}`);
  },
  noop: async () => {
    await client.noop();
    console.log(`exists ${client.mailbox.exists}`);
  },
  capabilities: () => console.log([...client.capabilities.keys()].join(" ")),
};

(async () => {
  await client.connect();
  await client.mailboxOpen("INBOX");
  await ways[way]();
  await client.logout();
})().catch((error) => console.log(`failed ${error.code ?? error.message} ${error.responseText ?? ""}`.trim()));
