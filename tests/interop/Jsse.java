import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** A client of JSSE: `Jsse CA PORT PROTOCOL smtp|ftp WAY`. TLS 1.3 of Java ends by user_canceled and close_notify. */
public class Jsse {
    static SSLSocketFactory factory;
    static String protocol;

    public static void main(String[] args) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(args[0])));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        factory = context.getSocketFactory();
        protocol = args[2];
        int port = Integer.parseInt(args[1]);
        if (args[3].equals("smtp")) mail(port, args[4]);
        else upload(port, Integer.parseInt(args[4]));
    }

    static SSLSocket secure(Socket plain, int port) throws IOException {
        SSLSocket socket = (SSLSocket) factory.createSocket(plain, "localhost", port, true);
        socket.setEnabledProtocols(new String[] {protocol});
        socket.startHandshake();
        return socket;
    }

    static String reply(BufferedReader in) throws IOException {
        String line;
        do line = in.readLine(); while (line != null && line.length() > 3 && line.charAt(3) == '-');
        return line;
    }

    static String say(OutputStream out, BufferedReader in, String order) throws IOException {
        out.write((order + "\r\n").getBytes());
        out.flush();
        return reply(in);
    }

    static void mail(int port, String way) throws IOException {
        SSLSocket socket = secure(new Socket("127.0.0.1", port), port);
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
        reply(in);
        say(socket.getOutputStream(), in, "EHLO client.example");
        if (way.equals("quit")) say(socket.getOutputStream(), in, "QUIT");
        if (way.equals("half")) {
            socket.shutdownOutput();
            while (in.readLine() != null);
        }
        socket.close();
    }

    static void upload(int port, int times) throws IOException {
        Socket plain = new Socket("127.0.0.1", port);
        BufferedReader clear = new BufferedReader(new InputStreamReader(plain.getInputStream()));
        reply(clear);
        say(plain.getOutputStream(), clear, "AUTH TLS");
        SSLSocket control = secure(plain, port);
        BufferedReader in = new BufferedReader(new InputStreamReader(control.getInputStream()));
        OutputStream out = control.getOutputStream();
        for (String order : new String[] {"USER alice", "PASS alice-pass", "PBSZ 0", "PROT P", "TYPE I"}) say(out, in, order);
        for (int time = 0; time < times; time++) {
            String answer = say(out, in, "EPSV");
            int data = Integer.parseInt(answer.substring(answer.indexOf("|||") + 3, answer.lastIndexOf("|")));
            Socket socket = new Socket("127.0.0.1", data);
            out.write(("STOR file" + time + "\r\n").getBytes());
            out.flush();
            System.out.println(reply(in));
            SSLSocket transfer = secure(socket, data);
            transfer.getOutputStream().write(new byte[4096]);
            transfer.close();
            System.out.println(reply(in));
        }
        System.out.println(say(out, in, "QUIT"));
        control.close();
    }
}
