package club;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ClubTest {
    @RegisterExtension
    final Homeport world = new Homeport(Map.of("services", List.of("smtp", "finger")));

    private Mailer mailer;

    @BeforeEach
    void mailer() throws Exception {
        mailer = new Mailer(world.host(), world.port("smtp", "plain"), Duration.ofMillis(1));
    }

    @Test
    void mailRefusedOnceIsRetried() throws Exception {
        refuseRecipients(451, 1);
        mailer.welcome("bob@example.org");

        var waited = world.get("smtp/messages/wait?to=bob@example.org&timeout=5s");
        assertFalse(waited.get("timed_out").getAsBoolean());
        var message = waited.getAsJsonArray("messages").get(0).getAsJsonObject();
        assertEquals("Welcome", message.get("subject").getAsString());
        assertEquals(List.of("451", "250"), replies());
        assertEquals("{}", findings());
    }

    @Test
    void mailRefusedForGoodIsNotRetried() throws Exception {
        refuseRecipients(550, 0);
        var refused = assertThrows(Mailer.Refused.class, () -> mailer.welcome("bob@example.org"));
        assertEquals(550, refused.code);
        assertEquals(List.of("550"), replies());
    }

    @Test
    void lineEndingInLfAloneIsAFinding() throws Exception {
        int port = world.port("finger", "tcp");
        assertTrue(Finger.ask(world.host(), port, "alice", "\r\n").contains("Alice Liddell"));
        assertEquals("{}", findings());
        Finger.ask(world.host(), port, "alice", "\n");
        assertEquals("{\"finger.bare-lf\":1}", findings());
    }

    private void refuseRecipients(int code, int times) throws Exception {
        var reply = Map.of("reply", Map.of("code", code));
        world.fail(Map.of("service", "smtp", "match", Map.of("verb", "RCPT"), "do", reply, "times", times));
    }

    /** Returns the codes of the replies to RCPT. */
    private List<String> replies() throws Exception {
        List<String> codes = new ArrayList<>();
        for (JsonElement event : world.get("events?type=command&text=RCPT").getAsJsonArray("items")) {
            codes.add(event.getAsJsonObject().get("code").getAsString());
        }
        return codes;
    }

    /** Returns the counts of what clients did wrong, as JSON. */
    private String findings() throws Exception {
        return world.get("findings").get("counts").toString();
    }
}
