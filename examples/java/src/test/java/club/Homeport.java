package club;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Starts a farm for all tests and makes a world for each. Copy this file into your Java project.
 *
 * <p>Register it as an extension: {@code @RegisterExtension Homeport world = new Homeport(Map.of("services", ...))}.
 */
class Homeport implements BeforeEachCallback, AfterEachCallback {
    private static final Gson JSON = new Gson();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static String farm = System.getenv("HOMEPORT_URL");

    private final Map<String, ?> wanted;
    private String path;
    private JsonObject services;

    /** wanted: services and config, as in POST /api/v1/worlds. */
    Homeport(Map<String, ?> wanted) {
        this.wanted = wanted;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        JsonObject ready = JSON.fromJson(ask("POST", farm() + "/api/v1/worlds", wanted), JsonObject.class);
        path = farm() + "/api/v1/worlds/" + ready.get("world").getAsString();
        services = ready.getAsJsonObject("services");
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        ask("DELETE", path, null);
    }

    String host() throws IOException {
        return URI.create(farm()).getHost();
    }

    int port(String service, String listener) {
        return services.getAsJsonObject(service).getAsJsonObject(listener).get("port").getAsInt();
    }

    /** Plans a fault. */
    void fail(Map<String, ?> plan) throws Exception {
        ask("POST", path + "/faults", plan);
    }

    JsonObject get(String what) throws Exception {
        return JSON.fromJson(ask("GET", path + "/" + what, null), JsonObject.class);
    }

    /** The farm at HOMEPORT_URL, or a new one, which ends with its standard input, so at the latest with this process. */
    private static synchronized String farm() throws IOException {
        if (farm == null || farm.isEmpty()) {
            Process process = new ProcessBuilder("homeport", "up", "--ephemeral", "--quiet", "--until-eof")
                    .redirectError(Redirect.INHERIT).start();
            String ready = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
            if (ready == null) {
                throw new IOException("homeport did not start");
            }
            farm = JSON.fromJson(ready, JsonObject.class).get("control").getAsString();
        }
        return farm;
    }

    private static String ask(String method, String url, Object body) throws Exception {
        var content = body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.toJson(body));
        var request = HttpRequest.newBuilder(URI.create(url)).method(method, content)
                .header("Content-Type", "application/json");
        if (System.getenv("HOMEPORT_TOKEN") != null) {
            request.header("Authorization", "Bearer " + System.getenv("HOMEPORT_TOKEN"));
        }
        var answer = HTTP.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(method + " " + url + ": " + answer.body());
        }
        return answer.body();
    }
}
