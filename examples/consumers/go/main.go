// Command consumer prints enriched events as JSON lines.
//
//	consumer FILE|-
//	consumer -brokers HOST:PORT -topic TOPIC -group GROUP [-count N]
//
// Lines that are no event are told on standard error, and the exit code is then 1.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"example.com/snowmelt/consumer/enriched"
)

// printer does the work of your own program.
type printer struct {
	out *bufio.Writer
	bad int
}

func (p *printer) handle(line, place string) error {
	event, err := enriched.Parse(line)
	if err != nil {
		p.bad++
		fmt.Fprintf(os.Stderr, "%s: %v\n", place, err)
		return nil
	}
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(event)
}

func readFile(name string, p *printer) error {
	var input io.Reader = os.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	// not a Scanner: events may be larger than its buffer
	lines := bufio.NewReader(input)
	for number := 1; ; number++ {
		line, err := lines.ReadString('\n')
		if line != "" {
			if err := p.handle(strings.TrimSuffix(line, "\n"), fmt.Sprintf("%s:%d", name, number)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func readTopic(brokers, topic, group string, count int, p *printer) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(brokers, ",")...),
		kgo.ConsumeTopics(topic),
		kgo.ConsumerGroup(group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// positions are committed below, after the work on the events before them
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx := context.Background()
	for handled := 0; count <= 0 || handled < count; {
		most := 500
		if count > 0 {
			most = min(most, count-handled)
		}
		fetches := client.PollRecords(ctx, most)
		if err := fetches.Err(); err != nil {
			return err
		}
		records := fetches.Records()
		for _, record := range records {
			place := fmt.Sprintf("%s[%d]@%d", record.Topic, record.Partition, record.Offset)
			if err := p.handle(string(record.Value), place); err != nil {
				return err
			}
		}
		if err := p.out.Flush(); err != nil {
			return err
		}
		if err := client.CommitRecords(ctx, records...); err != nil {
			return err
		}
		handled += len(records)
	}
	return nil
}

func run() (int, error) {
	brokers := flag.String("brokers", "", "addresses of Kafka brokers")
	topic := flag.String("topic", "", "topic of enriched events")
	group := flag.String("group", "example", "consumer group")
	count := flag.Int("count", 0, "stop after so many events; 0 for never")
	flag.Parse()
	p := &printer{out: bufio.NewWriter(os.Stdout)}
	var err error
	switch {
	case *brokers != "" && *topic != "":
		err = readTopic(*brokers, *topic, *group, *count, p)
	case flag.NArg() == 1:
		err = readFile(flag.Arg(0), p)
	default:
		flag.Usage()
		return 2, nil
	}
	if err = errors.Join(err, p.out.Flush()); err != nil || p.bad > 0 {
		return 1, err
	}
	return 0, nil
}

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
