package dev.hintwire.conformance;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import dev.hintwire.v1.Event;
import dev.hintwire.v1.HubServiceGrpc;
import dev.hintwire.v1.HubServiceGrpc.HubServiceBlockingStub;
import dev.hintwire.v1.PublishRequest;
import dev.hintwire.v1.PublishResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** {@code conformance publish} */
final class Publishing {
  private Publishing() {}

  static void run(Words words) throws IOException {
    HubServiceBlockingStub hub = HubServiceGrpc.newBlockingStub(Connection.open(words));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Event event = event(JsonParser.parseString(line).getAsJsonObject());
      print(hub.publish(PublishRequest.newBuilder().addEvents(event).build()).getResults(0));
    }
  }

  private static Event event(JsonObject line) {
    return Event.newBuilder()
        .setTopic(line.get("topic").getAsString())
        .setKey(line.get("key").getAsString())
        .setId(line.get("id").getAsString())
        .setContentType(line.get("content_type").getAsString())
        .setData(ByteString.copyFrom(Base64.getDecoder().decode(line.get("data_base64").getAsString())))
        .setDeleted(line.get("deleted").getAsBoolean())
        .build();
  }

  private static void print(PublishResponse.Result result) {
    JsonObject line = new JsonObject();
    line.addProperty("cursor", result.getCursor());
    line.addProperty("duplicate", result.getDuplicate());
    Line.print(line);
  }
}
