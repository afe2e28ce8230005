// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

module.exports = {};
