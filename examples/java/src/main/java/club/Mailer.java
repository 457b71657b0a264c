package club;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;

/** Sends welcome mails. After a temporary refusal (4yz) it retries, up to three attempts. */
public class Mailer {
    /** The server sent another reply than expected. */
    public static class Refused extends IOException {
        private static final long serialVersionUID = 1;

        public final int code;

        Refused(String reply) {
            super(reply);
            code = Integer.parseInt(reply.substring(0, 3));
        }
    }

    /** RFC 5322 3.3: the zone is a number; RFC_1123_DATE_TIME would write GMT. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z", Locale.ENGLISH);

    private final String host;
    private final int port;
    private final Duration pause;

    public Mailer(String host, int port, Duration pause) {
        this.host = host;
        this.port = port;
        this.pause = pause;
    }

    public void welcome(String to) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                send(to);
                return;
            } catch (Refused refused) {
                if (refused.code / 100 != 4 || attempt == 3) {
                    throw refused;
                }
                Thread.sleep(pause.multipliedBy(attempt).toMillis());
            }
        }
    }

    private void send(String to) throws IOException {
        String letter = String.join("\r\n", "From: club@client.test", "To: " + to, "Subject: Welcome",
                "Date: " + DATE.format(ZonedDateTime.now()),
                "Message-ID: <" + UUID.randomUUID() + "@client.test>", "", "Good to have you.", ".");
        try (Socket socket = new Socket(host, port)) {
            socket.setSoTimeout(10_000);
            var replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            expect(replies, 220);
            try {
                say(socket, "EHLO client.test", replies, 250);
                say(socket, "MAIL FROM:<club@client.test>", replies, 250);
                say(socket, "RCPT TO:<" + to + ">", replies, 250);
                say(socket, "DATA", replies, 354);
                say(socket, letter, replies, 250);
            } catch (Refused refused) {
                say(socket, "QUIT", replies, 221);
                throw refused;
            }
            say(socket, "QUIT", replies, 221);
        }
    }

    private static void say(Socket socket, String line, BufferedReader replies, int wanted) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        expect(replies, wanted);
    }

    private static void expect(BufferedReader replies, int wanted) throws IOException {
        String reply;
        do {
            reply = replies.readLine();
            if (reply == null) {
                throw new IOException("the server closed the connection");
            }
        } while (reply.startsWith("-", 3));
        if (!reply.startsWith(Integer.toString(wanted))) {
            throw new Refused(reply);
        }
    }
}
