import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the KCL that tells on standard output what it is given, one line each, and checkpoints after every batch.
 *
 * On standard input it takes `mark N`, which it repeats; `lag`, after which it checkpoints the first record that comes in
 * each shard and no other one; and `stop`.
 */
public final class Consumer {
    private static final Pattern ID = Pattern.compile("eid=([0-9a-f-]{36})");
    private static volatile boolean lags;

    private Consumer() {}

    private static void tell(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }

    public static void main(String[] arguments) throws Exception {
        String kinesisAt = arguments[0];
        String dynamoAt = arguments[1];
        String table = arguments[2];
        String stream = arguments[3];
        String worker = arguments[4];
        long failover = Long.parseLong(arguments[5]);

        KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                .endpointOverride(URI.create(kinesisAt)).httpClientBuilder(http()).build();
        DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder()
                .endpointOverride(URI.create(dynamoAt)).httpClientBuilder(http()).build();
        CloudWatchAsyncClient nobody = CloudWatchAsyncClient.builder().httpClientBuilder(http()).build();

        ConfigsBuilder configs =
                new ConfigsBuilder(stream, table, kinesis, dynamo, nobody, worker, Shard::new);
        InitialPositionInStreamExtended begin =
                InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
        PollingConfig polling = new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(250);
        Scheduler scheduler = new Scheduler(
                configs.checkpointConfig(),
                configs.coordinatorConfig().parentShardPollIntervalMillis(1000),
                configs.leaseManagementConfig().failoverTimeMillis(failover).initialPositionInStream(begin),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
                configs.processorConfig(),
                configs.retrievalConfig().initialPositionInStreamExtended(begin).retrievalSpecificConfig(polling));
        Thread thread = new Thread(scheduler, "scheduler");
        thread.setDaemon(true);
        thread.start();

        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (line.equals("lag")) {
                lags = true;
                tell("lags");
            } else if (line.equals("stop")) {
                // as Enrich ends it; the leases stay in its name
                scheduler.shutdown();
                thread.join();
                tell("stopped");
                System.exit(0);
            } else {
                tell(line);
            }
        }
        // nobody is there any more who could tell it anything
        Runtime.getRuntime().halt(1);
    }

    /** Emulators do not speak HTTP/2, which the client of Kinesis would begin with. */
    private static SdkAsyncHttpClient.Builder<?> http() {
        return NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1);
    }

    /** One shard, for as long as its lease is held. */
    private static final class Shard implements ShardRecordProcessor {
        private String id;
        private boolean lagged;

        @Override
        public void initialize(InitializationInput input) {
            id = input.shardId();
            tell("begin " + id + " " + input.extendedSequenceNumber().sequenceNumber());
        }

        @Override
        public void processRecords(ProcessRecordsInput input) {
            List<KinesisClientRecord> records = input.records();
            for (KinesisClientRecord record : records) {
                ByteBuffer data = record.data().duplicate();
                Matcher found = ID.matcher(StandardCharsets.ISO_8859_1.decode(data));
                tell("record " + id + " " + record.sequenceNumber() + " " + record.subSequenceNumber() + " "
                        + (found.find() ? found.group(1) : "none"));
            }
            if (records.isEmpty() || lags && lagged) {
                return;
            }
            KinesisClientRecord done = records.get(lags ? 0 : records.size() - 1);
            lagged = lags;
            checkpoint(input.checkpointer(), done);
        }

        private void checkpoint(RecordProcessorCheckpointer checkpointer, KinesisClientRecord done) {
            try {
                checkpointer.checkpoint(done.sequenceNumber(), done.subSequenceNumber());
                tell("checkpoint " + id + " " + done.sequenceNumber() + " " + done.subSequenceNumber());
            } catch (Exception error) {
                tell("refused " + id + " " + error);
            }
        }

        @Override
        public void leaseLost(LeaseLostInput input) {
            tell("lost " + id);
        }

        @Override
        public void shardEnded(ShardEndedInput input) {
            try {
                input.checkpointer().checkpoint();
                tell("end " + id);
            } catch (Exception error) {
                tell("refused " + id + " " + error);
            }
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {
            // what it was given is checkpointed already
        }
    }
}
