// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package promstore

func private() {} // rights are those of the directory
