// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Icons are fetched by a browser; in tests there is none.
const React = require('react');

module.exports = { __esModule: true, default: ({ innerRef, src, title, ...rest }) => React.createElement('svg', { ...rest, 'data-src': src, ref: innerRef }), cacheStore: {} };
