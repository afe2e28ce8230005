// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// passwordVariable has the password, which a command line would show to others.
const passwordVariable = "USAGE_KAFKA_PASSWORD"

// kafkaFlags say how brokers are reached.
type kafkaFlags struct {
	brokers    []string
	tls        bool
	ca         string
	sasl, user string
}

func (k *kafkaFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&k.brokers, "from-kafka", nil, "brokers, as kafka-1:9092,kafka-2:9092")
	cmd.Flags().BoolVar(&k.tls, "tls", false, "speak TLS to the brokers")
	cmd.Flags().StringVar(&k.ca, "tls-ca", "", "certificates of authorities that brokers are trusted by (default: the system's)")
	cmd.Flags().StringVar(&k.sasl, "sasl", "", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with --user and the password in "+passwordVariable)
	cmd.Flags().StringVar(&k.user, "user", "", "name for --sasl")
}

// options are those of the client.
func (k *kafkaFlags) options() ([]kgo.Opt, error) {
	options := []kgo.Opt{kgo.SeedBrokers(k.brokers...)}
	if k.tls || k.ca != "" {
		config := &tls.Config{MinVersion: tls.VersionTLS12}
		if k.ca != "" {
			text, err := os.ReadFile(k.ca)
			if err != nil {
				return nil, fmt.Errorf("--tls-ca: %w", err)
			}
			if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("--tls-ca %s: it has no certificate in PEM", k.ca)
			}
		}
		options = append(options, kgo.DialTLSConfig(config))
	}
	if k.sasl == "" {
		return options, nil
	}
	password := os.Getenv(passwordVariable)
	if k.user == "" || password == "" {
		return nil, wrongUsage{errors.New("--sasl needs --user, and the password in the environment variable " + passwordVariable)}
	}
	var mechanism sasl.Mechanism
	switch k.sasl {
	case "PLAIN":
		mechanism = plain.Auth{User: k.user, Pass: password}.AsMechanism()
	case "SCRAM-SHA-256":
		mechanism = scram.Auth{User: k.user, Pass: password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		mechanism = scram.Auth{User: k.user, Pass: password}.AsSha512Mechanism()
	default:
		return nil, wrongUsage{fmt.Errorf("--sasl %q: use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", k.sasl)}
	}
	return append(options, kgo.SASL(mechanism)), nil
}
