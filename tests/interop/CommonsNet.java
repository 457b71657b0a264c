// Apache commons-net, as a program: SERVICE PORT CA-FILE, and prints what it read, a line each.

import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;
import java.util.*;
import javax.net.ssl.*;
import org.apache.commons.net.chargen.*;
import org.apache.commons.net.daytime.*;
import org.apache.commons.net.discard.*;
import org.apache.commons.net.echo.*;
import org.apache.commons.net.finger.FingerClient;
import org.apache.commons.net.ftp.*;
import org.apache.commons.net.smtp.*;
import org.apache.commons.net.time.*;
import org.apache.commons.net.whois.WhoisClient;

public class CommonsNet {
    static final InetAddress HOST = InetAddress.getLoopbackAddress();
    static int port;
    static SSLContext context;

    static void show(Object... words) {
        StringJoiner line = new StringJoiner(" ");
        for (Object word : words) line.add(String.valueOf(word));
        System.out.println(line);
    }

    static void demand(boolean done, String what, String reply) {
        if (!done) throw new IllegalStateException(what + ": " + reply);
    }

    public static void main(String[] words) throws Exception {
        port = Integer.parseInt(words[1]);
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null);
        try (InputStream file = Files.newInputStream(Path.of(words[2]))) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        switch (words[0]) {
            case "ftp" -> files(new FTPClient(), 3);
            case "ftps" -> files(new FTPSClient(false, context), 40);
            case "smtp" -> mail();
            case "whois" -> whois();
            case "finger" -> finger();
            case "daytime" -> daytime();
            case "time" -> time();
            case "echo" -> echo();
            case "discard" -> discard();
            case "chargen" -> chargen();
        }
        System.exit(0);
    }

    static void files(FTPClient client, int uploads) throws Exception {
        client.setControlEncoding("UTF-8");
        client.connect(HOST, port);
        demand(client.login("alice", "alice-pass"), "login", client.getReplyString());
        if (client instanceof FTPSClient secure) {
            secure.execPBSZ(0);
            secure.execPROT("P");
        }
        client.setFileType(FTP.BINARY_FILE_TYPE);
        byte[] content = new byte[50_000];
        new Random(959).nextBytes(content);
        for (boolean active : new boolean[] {false, true}) {
            if (active) client.enterLocalActiveMode();
            else client.enterLocalPassiveMode();
            for (int number = 0; number < uploads; number++) {
                String name = active + "-" + number;
                demand(client.storeFile(name, new ByteArrayInputStream(content)), name, client.getReplyString());
                ByteArrayOutputStream read = new ByteArrayOutputStream();
                demand(client.retrieveFile(name, read), name, client.getReplyString());
                demand(Arrays.equals(read.toByteArray(), content), name, "another content");
            }
        }
        client.enterLocalPassiveMode();
        for (FTPFile file : client.listFiles("[2024] trip")) show("LIST", file.getSize(), file.getName());
        for (FTPFile file : client.mlistDir("[2024] trip")) if (file.isFile()) show("MLSD", file.getSize(), file.getName());
        for (String name : client.listNames("[2024] trip")) show("NLST", name);
        show("MODE B", client.mode(FTP.BLOCK_TRANSFER_MODE), "MODE S", client.mode(FTP.STREAM_TRANSFER_MODE));
        client.setRestartOffset(49_990);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        demand(client.retrieveFile("false-0", rest), "REST", client.getReplyString());
        show("REST", rest.size());
        demand(client.rename("false-0", "moved"), "rename", client.getReplyString());
        demand(client.deleteFile("moved"), "delete", client.getReplyString());
        client.logout();
        client.disconnect();
    }

    static void mail() throws Exception {
        AuthenticatingSMTPClient client = new AuthenticatingSMTPClient(false, context);
        client.connect("localhost", port);
        demand(client.elogin("client.example"), "EHLO", client.getReplyString());
        demand(client.execTLS(), "STARTTLS", client.getReplyString());
        demand(client.elogin("client.example"), "EHLO", client.getReplyString());
        AuthenticatingSMTPClient.AUTH_METHOD plain = AuthenticatingSMTPClient.AUTH_METHOD.PLAIN;
        demand(client.auth(plain, "alice", "alice-pass"), "AUTH", client.getReplyString());
        for (int number = 0; number < 3; number++) {
            demand(client.setSender("alice@homeport.test"), "MAIL", client.getReplyString());
            for (String to : List.of("bob@homeport.test", "carol@homeport.test")) {
                demand(client.addRecipient(to), "RCPT", client.getReplyString());
            }
            Writer writer = client.sendMessageData();
            SimpleSMTPHeader header = new SimpleSMTPHeader("alice@homeport.test", "bob@homeport.test", "mail " + number);
            header.addHeaderField("Message-ID", "<" + number + "@client.example>");
            writer.write(header + ".dot\r\n..two\r\n");
            writer.close();
            demand(client.completePendingCommand(), "DATA", client.getReplyString());
        }
        client.logout();
        client.disconnect();
    }

    static void whois() throws Exception {
        WhoisClient client = new WhoisClient();
        client.connect(HOST, port);
        show(client.query("harbour.test"));
        client.disconnect();
    }

    static void finger() throws Exception {
        FingerClient client = new FingerClient();
        for (String name : List.of("", "alice")) {
            client.connect(HOST, port);
            show(client.query(true, name));
            client.disconnect();
        }
    }

    static void daytime() throws Exception {
        DaytimeTCPClient client = new DaytimeTCPClient();
        client.connect(HOST, port);
        show(client.getTime().trim());
        client.disconnect();
        DaytimeUDPClient datagrams = new DaytimeUDPClient();
        datagrams.open();
        show(datagrams.getTime(HOST, port).trim());
        datagrams.close();
    }

    static void time() throws Exception {
        TimeTCPClient client = new TimeTCPClient();
        client.connect(HOST, port);
        show(client.getDate().toInstant());
        client.disconnect();
        TimeUDPClient datagrams = new TimeUDPClient();
        datagrams.open();
        show(datagrams.getDate(HOST, port).toInstant());
        datagrams.close();
    }

    static void echo() throws Exception {
        EchoTCPClient client = new EchoTCPClient();
        client.connect(HOST, port);
        client.getOutputStream().write("ahoy\r\n".getBytes(StandardCharsets.US_ASCII));
        show(new String(client.getInputStream().readNBytes(6), StandardCharsets.US_ASCII).trim());
        client.disconnect();
        EchoUDPClient datagrams = new EchoUDPClient();
        datagrams.open();
        byte[] content = new byte[] {1, 2, 3};
        datagrams.send(content, content.length, HOST, port);
        show(datagrams.receive(content));
        datagrams.close();
    }

    static void discard() throws Exception {
        DiscardTCPClient client = new DiscardTCPClient();
        client.connect(HOST, port);
        client.getOutputStream().write(new byte[1000]);
        client.disconnect();
    }

    static void chargen() throws Exception {
        CharGenTCPClient client = new CharGenTCPClient();
        client.connect(HOST, port);
        show(new String(client.getInputStream().readNBytes(72), StandardCharsets.US_ASCII));
        client.disconnect();
        CharGenUDPClient datagrams = new CharGenUDPClient();
        datagrams.open();
        datagrams.send(HOST, port);
        show(datagrams.receive().length <= 512);
        datagrams.close();
    }
}
