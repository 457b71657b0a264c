"""Java: uploads and downloads over JSSE, which ends TLS 1.3 with user_canceled before close_notify."""

import pytest

PROGRAM = r"""
import javax.net.ssl.*;
import java.io.*;
import java.net.Socket;
import java.security.cert.X509Certificate;

public class Transfers {
    static BufferedReader in;
    static Writer out;

    static void connect(Socket socket) throws IOException {
        in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
        out = new OutputStreamWriter(socket.getOutputStream());
    }

    static String reply() throws IOException {
        String line = in.readLine();
        System.out.println(line);
        return line;
    }

    static String say(String line) throws IOException {
        out.write(line + "\r\n");
        out.flush();
        return reply();
    }

    static SSLSocket secure(SSLContext context, Socket plain, String version) throws IOException {
        SSLSocketFactory factory = context.getSocketFactory();
        SSLSocket socket = (SSLSocket) factory.createSocket(plain, "localhost", plain.getPort(), true);
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket;
    }

    public static void main(String[] words) throws Exception {
        int port = Integer.parseInt(words[0]);
        TrustManager anyone = new X509TrustManager() {
            public void checkClientTrusted(X509Certificate[] chain, String type) {}
            public void checkServerTrusted(X509Certificate[] chain, String type) {}
            public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {anyone}, null);
        Socket plain = new Socket("127.0.0.1", port);
        connect(plain);
        reply();
        say("AUTH TLS");
        connect(secure(context, plain, words[1]));
        for (String line : "USER alice,PASS alice-pass,PBSZ 0,PROT P,TYPE I".split(",")) say(line);
        for (String command : "STOR a,STOR b,RETR a,RETR b".split(",")) {
            int at = Integer.parseInt(say("EPSV").replaceAll(".*\\|\\|\\|(\\d+)\\|.*", "$1"));
            Socket connection = new Socket("127.0.0.1", at);
            out.write(command + "\r\n");
            out.flush();
            SSLSocket data = secure(context, connection, words[1]);
            if (command.startsWith("STOR")) data.getOutputStream().write(new byte[100_000]);
            else System.out.println(data.getInputStream().readAllBytes().length);
            data.close();
            reply();
            reply();
        }
        say("QUIT");
        System.exit(0);
    }
}
"""


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_java_uploads_and_downloads_under_tls(client, run, harbour, tmp_path, version):
    program = tmp_path / "Transfers.java"
    program.write_text(PROGRAM)
    printed = run(client("java"), program, harbour.port, version).decode().split("\n")
    assert [line[:3] for line in printed if line[:3] in {"150", "226", "425", "426", "522"}] == ["150", "226"] * 4
    assert printed.count("100000") == 2
    assert {(harbour.home / name).stat().st_size for name in "ab"} == {100_000}
    assert not [event for event in harbour.farm.events("finding") if event["id"] == "ftp.no-close-notify"]
