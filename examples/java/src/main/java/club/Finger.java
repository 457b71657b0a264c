package club;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Queries a user. */
public class Finger {
    private Finger() {
    }

    /** end: the line end. */
    public static String ask(String host, int port, String who, String end) throws IOException {
        try (Socket socket = new Socket(host, port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((who + end).getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
