// Ask a port of NTP by a library (sntp, ntp-client or ntp-time), and print Unix time: node ntp_sntp.js LIBRARY PORT
const [library, port] = process.argv.slice(2);
const show = (date) => console.log(Number(date) / 1000);
const fail = (error) => {
  console.error(String(error));
  process.exitCode = 1;
};
const ASK = {
  sntp: (one) =>
    one.time({ host: "127.0.0.1", port: Number(port), timeout: 30000 }).then((found) => {
      if (!found.isValid) throw new Error("not valid");
      show(found.transmitTimestamp);
    }),
  "ntp-time": (one) =>
    new one.Client("127.0.0.1", Number(port), { timeout: 30000 }).syncTime().then((found) => show(new Date(found.time))),
  "ntp-client": (one) =>
    new Promise((done, failed) =>
      one.getNetworkTime("127.0.0.1", Number(port), (error, date) => (error ? failed(error) : done(show(date)))),
    ),
};
ASK[library](require(library)).catch(fail);
