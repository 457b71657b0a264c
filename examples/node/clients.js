// The code under test: a mailer that retries, an uploader, and a Finger client.
import net from "node:net";
import { Readable } from "node:stream";
import { Client } from "basic-ftp";
import { createTransport } from "nodemailer";

/** Send a welcome mail. After a temporary refusal (4yz) retry, up to three attempts. */
export async function welcome({ host, port }, to, pause = 50) {
  const mailer = createTransport({ host, port, name: "client.test" });
  for (let attempt = 1; ; attempt++) {
    try {
      return await mailer.sendMail({ from: "club@client.test", to, subject: "Welcome", text: "Good to have you.\n" });
    } catch (error) {
      if (!(error.responseCode >= 400 && error.responseCode < 500) || attempt === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause * attempt));
    }
  }
}

/** Upload a text to alice's folder. */
export async function upload({ host, port }, name, text) {
  const client = new Client();
  try {
    await client.access({ host, port, user: "alice", password: "alice-pass" });
    await client.uploadFrom(Readable.from([text]), name);
  } finally {
    client.close();
  }
}

/** Query a user; `end` is the line end. */
export function finger({ host, port }, who, end = "\r\n") {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect(port, host, () => socket.write(who + end));
    socket.setEncoding("utf8").on("data", (text) => (answer += text));
    socket.on("end", () => resolve(answer)).on("error", reject);
  });
}
