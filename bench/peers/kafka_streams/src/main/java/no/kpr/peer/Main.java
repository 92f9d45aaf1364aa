package no.kpr.peer;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** Does the bare work until SIGTERM, or until an error, which is exit code 1. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    var environment = System.getenv();
    AtomicBoolean isReady = new AtomicBoolean();
    // One thread may have its state open, and begin, before the others: that is ready too, or work
    // would be done before the clock starts.
    Runnable ready = () -> {
      if (!isReady.get() && isReady.compareAndSet(false, true)) {
        System.out.println("ready");
      }
    };
    String output = "bench.peers." + Settings.required(environment, "NAME");
    KafkaStreams streams =
        new KafkaStreams(Work.topology(output, ready), Settings.read(environment));
    CountDownLatch failed = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(cause -> {
      cause.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) {
        ready.run();
      } else if (now == KafkaStreams.State.ERROR) {
        failed.countDown();
      }
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    failed.await();
    System.exit(1);
  }
}
