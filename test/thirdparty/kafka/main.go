// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Command kafka is a broker that speaks Kafka's protocol, franz-go's kfake, as a
// process of its own that can be killed and started again on its files.
//
// What it is and what it is not: producing, fetching, consumer groups with
// rebalances and committed offsets are the protocol's, and with -sync what is
// acknowledged is on disk. It is one process, so that there is no replication, no
// election of leaders and no acks=all that could differ from acks=1; it has no
// quotas and throttling, no tiered storage, and retention is not tried here.
//
//	kafka -port 9092 -partitions 4 -topics usage-a-logs,usage-b-logs -directory data/kafka
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func main() {
	port := flag.Int("port", 0, "to listen on, on this machine only; 0: any")
	topics := flag.String("topics", "", "that there are, separated by commas")
	partitions := flag.Int("partitions", 4, "of each topic")
	directory := flag.String("directory", "", "that keeps what is produced; empty: nothing does")
	flag.Parse()
	if err := serve(*port, *partitions, strings.Split(*topics, ","), *directory); err != nil {
		fmt.Fprintln(os.Stderr, "kafka:", err)
		os.Exit(1)
	}
}

func serve(port, partitions int, topics []string, directory string) error {
	options := []kfake.Opt{
		kfake.Ports(port),
		// Members that were killed are missed sooner than by default.
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.WithLogger(kfake.BasicLogger(os.Stderr, kfake.LogLevelWarn)),
	}
	if directory != "" {
		options = append(options, kfake.DataDir(directory), kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return err
	}
	defer cluster.Close()
	if err := makeTopics(cluster.ListenAddrs()[0], partitions, topics); err != nil {
		return err
	}
	fmt.Println("listens on", cluster.ListenAddrs()[0])
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	<-signals
	return nil
}

// makeTopics makes those that are not there yet: kfake seeds topics with new files
// only.
func makeTopics(address string, partitions int, topics []string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		return err
	}
	defer client.Close()
	request := kmsg.NewPtrCreateTopicsRequest()
	for _, name := range topics {
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, int32(partitions), 1
		request.Topics = append(request.Topics, topic)
	}
	response, err := request.RequestWith(context.Background(), client)
	if err != nil {
		return err
	}
	for _, topic := range response.Topics {
		if err := kerr.ErrorForCode(topic.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("make topic %s: %w", topic.Topic, err)
		}
	}
	return nil
}
