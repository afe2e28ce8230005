// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets more tests run at once than there are processors: what takes
// their time is the wait for the next whole minute.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil { // the command line may say otherwise
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
